/** Something that happened inside a stack. Field names are stable; their set grows. */
export interface TraceEvent {
  /** When, in nanoseconds of the stack's clock. */
  readonly at: number;
  /** Where: the package that saw it. */
  readonly source:
    | 'dmabuf'
    | 'udc'
    | 'functionfs'
    | 'bus'
    | 'host'
    | 'controller'
    | 'gadget'
    | 'streams'
    | (string & {});
  /** What, in the field's words: `'state'`, `'request queued'`, `'fence signaled'`, `'fault'`. */
  readonly what: string;
  readonly details?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Receives everything that happens. Without one, components skip the work of making events. */
export interface TraceSink {
  event(event: TraceEvent): void;
}

/** A sink that keeps the latest `limit` events. */
export class TraceRecorder implements TraceSink {
  readonly events: TraceEvent[] = [];
  readonly #limit: number;

  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  event(event: TraceEvent): void {
    if (this.events.length >= this.#limit) this.events.shift();
    this.events.push(event);
  }
}
