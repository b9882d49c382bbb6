/** A callback of an event. */
type Listener = (...values: never[]) => void;

/**
 * A Duplex of Node's `stream` module, so far as programs use it. This package does not need the types of Node; where they
 * are there, it fits wherever they want a `NodeJS.ReadWriteStream`, as `pipe` and `pipeline` do.
 */
export interface NodeDuplex extends AsyncDisposable {
  /** Iterates over what arrives: bytes, or strings once an encoding is set. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node types it
  [Symbol.asyncIterator](): AsyncIterableIterator<any>;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly destroyed: boolean;
  /** Pipes what arrives into a writable stream and returns that stream. */
  pipe<T>(target: T, options?: { end?: boolean | undefined }): T;
  /** Undoes {@link pipe}. */
  unpipe(target?: unknown): this;
  /** Reads what is buffered; `null` if that is nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: strings once an encoding is set, and null
  read(size?: number): any;
  /** Delivers strings instead of bytes. */
  // biome-ignore lint/suspicious/noExplicitAny: the type BufferEncoding is Node's
  setEncoding(encoding: any): this;
  /** Stops `data` events; the host is held up once all buffers are full. */
  pause(): this;
  /** Undoes {@link pause}. */
  resume(): this;
  /** True after {@link pause}. */
  isPaused(): boolean;
  /** Gives back what was read. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node types it
  unshift(chunk: any, encoding?: any): void;
  /** Reads from an old stream. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node types it
  wrap(stream: any): this;
  /** Writes; returns false if the caller should wait for `drain`. */
  write(chunk: Uint8Array | string, callback?: (error?: Error | null) => void): boolean;
  /** Writes a string in an encoding. */
  // biome-ignore lint/suspicious/noExplicitAny: the type BufferEncoding is Node's
  write(text: string, encoding?: any, callback?: (error?: Error | null) => void): boolean;
  /** Ends writing; what was written before still reaches the host. */
  end(callback?: () => void): this;
  /** Writes a last chunk and ends writing. */
  end(chunk: Uint8Array | string, callback?: () => void): this;
  /** Writes a last string in an encoding and ends writing. */
  // biome-ignore lint/suspicious/noExplicitAny: the type BufferEncoding is Node's
  end(text: string, encoding?: any, callback?: () => void): this;
  /** Closes the port at once. */
  destroy(error?: Error): this;
  /** Calls back for each event: `data`, `end`, `drain`, `error`, `close` ... */
  on(event: string | symbol, listener: Listener): this;
  /** Calls back for the next event. */
  once(event: string | symbol, listener: Listener): this;
  /** Undoes {@link on}. */
  off(event: string | symbol, listener: Listener): this;
  /** Alias of {@link on}. */
  addListener(event: string | symbol, listener: Listener): this;
  /** Alias of {@link off}. */
  removeListener(event: string | symbol, listener: Listener): this;
  /** Removes all listeners of an event, or of all events. */
  removeAllListeners(event?: string | symbol): this;
  /** Calls back before the listeners that there are. */
  prependListener(event: string | symbol, listener: Listener): this;
  /** Calls back once, before the listeners that there are. */
  prependOnceListener(event: string | symbol, listener: Listener): this;
  /** Limits the number of listeners that draw no warning. */
  setMaxListeners(count: number): this;
  /** The limit of {@link setMaxListeners}. */
  getMaxListeners(): number;
  /** The listeners of an event. */
  // biome-ignore lint/complexity/noBannedTypes: as Node types it
  listeners(event: string | symbol): Function[];
  /** The listeners of an event, with the wrappers of `once`. */
  // biome-ignore lint/complexity/noBannedTypes: as Node types it
  rawListeners(event: string | symbol): Function[];
  /** Calls the listeners of an event. */
  emit(event: string | symbol, ...values: unknown[]): boolean;
  /** The number of listeners of an event. */
  // biome-ignore lint/complexity/noBannedTypes: as Node types it
  listenerCount(event: string | symbol, listener?: Function): number;
  /** The events that have listeners. */
  eventNames(): (string | symbol)[];
}

/** The options of Node's Duplex that this package uses. */
export interface DuplexOptions {
  construct(callback: (error?: Error | null) => void): void;
  read(): void;
  write(chunk: Uint8Array, encoding: string, callback: (error?: Error | null) => void): void;
  final(callback: (error?: Error | null) => void): void;
  destroy(error: Error | null, callback: (error?: Error | null) => void): void;
}

/** What the constructor of Duplex gives to its options as `this`, beside {@link NodeDuplex}. */
export interface DuplexInside extends NodeDuplex {
  push(chunk: Uint8Array | null): boolean;
}

type Builtin = { readonly Duplex: new (options: DuplexOptions) => DuplexInside };
type Runtime = { readonly process?: { getBuiltinModule?(name: string): unknown } };

/** Makes a Duplex of Node; `undefined` where there is no Node, as in a browser. */
export function makeDuplex(options: DuplexOptions): DuplexInside | undefined {
  const stream = (globalThis as Runtime).process?.getBuiltinModule?.('node:stream') as Builtin | undefined;
  return stream && new stream.Duplex(options);
}
