/** Something that happened inside a stack. Fields keep their names; new ones may be added. */
export interface TraceEvent {
  /** Time in nanoseconds of the stack's clock. */
  readonly at: number;
  /** The package that saw it. */
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
  /** What happened: `'state'`, `'request queued'`, `'fence signaled'`, `'fault'`. */
  readonly what: string;
  readonly details?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Receives every event. Without a sink, components make no events. */
export interface TraceSink {
  /** Takes one event. It must return at once, because the component that reports waits, and it must not throw. */
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

  /** A copy of the kept events, oldest first. */
  get events(): readonly TraceEvent[] {
    return this.#events.slice(-this.#limit);
  }

  event(event: TraceEvent): void {
    // Dropping one at a time would move the whole array for every event.
    if (this.#events.length >= 2 * this.#limit) this.#events = this.#events.slice(-this.#limit);
    this.#events.push(event);
  }
}
