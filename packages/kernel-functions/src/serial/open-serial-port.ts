import { type Clock, isKernelError, KernelError, MILLISECOND, POLLIN, POLLOUT, sleep } from '@gadgetloom/core';
import type { SerialFile, SerialTerminal } from './serial-file.ts';
import type { SerialLine, SerialPort, SerialRead, SerialWait } from './serial-port.ts';
import { Turns, unlessAborted } from './turns.ts';

/** Bytes that a read returns at most: what a terminal of Linux holds (N_TTY_BUF_SIZE). */
const READ_SIZE = 4096;
/** Nanoseconds between two looks at what a terminal has still to send, after it has said that it has little. */
const DRAIN_INTERVAL = MILLISECOND;

/**
 * Opens a terminal and keeps it open: after each hangup the port opens it again.
 *
 * @throws KernelError what the first open answers
 */
export async function openSerialPort(terminal: SerialTerminal, clock: Clock): Promise<SerialPort> {
  const port = new ReopeningPort(terminal, clock);
  await port.opened;
  return port;
}

class ReopeningPort implements SerialPort {
  readonly path: string;
  readonly portNumber: number;
  readonly line: SerialLine | undefined;
  readonly #terminal: SerialTerminal;
  readonly #clock: Clock;
  readonly #reads = new Turns();
  readonly #writes = new Turns();
  readonly #hangupListeners = new Set<() => void>();
  /** The open that is used; a promise while the terminal is opened again. */
  #file: Promise<SerialFile>;
  /** Opens so far; only the latest one may ask for another. */
  #openings = 0;
  #closing: Promise<void> | undefined;

  constructor(terminal: SerialTerminal, clock: Clock) {
    this.path = terminal.path;
    this.portNumber = terminal.portNumber;
    this.line = terminal.line;
    this.#terminal = terminal;
    this.#clock = clock;
    this.#file = this.#open();
    this.#file.catch(ignore);
  }

  /** Resolves when the terminal is open for the first time. */
  get opened(): Promise<unknown> {
    return this.#file;
  }

  read({ signal, max = READ_SIZE }: SerialRead = {}): Promise<Uint8Array | undefined> {
    const into = new Uint8Array(max);
    return this.#reads.run(async () => {
      for (;;) {
        const file = await this.#current(signal);
        if (file === undefined) return undefined;
        signal?.throwIfAborted();
        const count = file.read(into);
        if (count > 0) return into.subarray(0, count);
        if (!file.hungUp) await unlessAborted(file.ready(POLLIN), signal);
      }
    }, signal);
  }

  write(bytes: Uint8Array, { signal }: SerialWait = {}): Promise<void> {
    return this.#writes.run(async () => {
      for (let rest = bytes; rest.length > 0; ) {
        const file = await this.#forWriting(signal);
        signal?.throwIfAborted();
        const count = file.write(rest);
        rest = rest.subarray(count);
        if (count === 0 && !file.hungUp) await unlessAborted(file.ready(POLLOUT), signal);
      }
    }, signal);
  }

  drain({ signal }: SerialWait = {}): Promise<void> {
    return this.#writes.run(async () => {
      for (;;) {
        const file = await this.#forWriting(signal);
        if (file.unsent === 0) return;
        await unlessAborted(file.ready(POLLOUT), signal);
        if (!file.hungUp && file.unsent > 0) await unlessAborted(sleep(this.#clock, DRAIN_INTERVAL), signal);
      }
    }, signal);
  }

  setBreak(on: boolean): void {
    void this.#file.then((file) => file.setBreak(on), ignore);
  }

  onHangup(listener: () => void): Disposable {
    const own = (): void => listener();
    this.#hangupListeners.add(own);
    return { [Symbol.dispose]: () => void this.#hangupListeners.delete(own) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#file.then((file) => file.close(), ignore);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The open file; `undefined` if the port is closed or its function is gone. */
  async #current(signal: AbortSignal | undefined): Promise<SerialFile | undefined> {
    if (this.#closing !== undefined) return undefined;
    try {
      const file = await unlessAborted(this.#file, signal);
      return this.#closing === undefined ? file : undefined;
    } catch (error) {
      if (isKernelError(error, 'ENODEV') || isKernelError(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async #forWriting(signal: AbortSignal | undefined): Promise<SerialFile> {
    const file = await this.#current(signal);
    if (file !== undefined) return file;
    const closed = this.#closing !== undefined;
    throw closed
      ? new KernelError('EBADF', `write ${this.path}`, 'the port is closed.')
      : new KernelError('ENODEV', `write ${this.path}`, 'the gadget of this port is gone.');
  }

  #open(): Promise<SerialFile> {
    const opening = ++this.#openings;
    return this.#terminal.open(() => {
      if (opening === this.#openings) this.#renew();
    });
  }

  /** Opens the terminal again after a hangup. */
  #renew(): void {
    if (this.#closing !== undefined) return;
    const before = this.#file;
    this.#file = (async () => {
      await (await before).close();
      return this.#open();
    })();
    this.#file.catch(ignore);
    for (const listener of [...this.#hangupListeners]) listener();
  }
}

function ignore(): void {}
