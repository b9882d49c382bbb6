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
  /** Takes one event, at once: whoever reports is waiting. Must not throw. */
  event(event: TraceEvent): void;
}

/** A sink that keeps the latest `limit` events. */
export class TraceRecorder implements TraceSink {
  #events: TraceEvent[] = [];
  readonly #limit: number;

  /** @param limit at least 1 */
  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  /** What was kept, oldest first: a copy. */
  get events(): readonly TraceEvent[] {
    return this.#events.slice(-this.#limit);
  }

  event(event: TraceEvent): void {
    // Dropping one at a time would move the whole array for every event.
    if (this.#events.length >= 2 * this.#limit) this.#events = this.#events.slice(-this.#limit);
    this.#events.push(event);
  }
}
