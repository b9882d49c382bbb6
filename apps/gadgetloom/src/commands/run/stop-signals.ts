import { constants } from 'node:os';

/** Ctrl-C, a service manager, and a terminal that is closed: each leaves the machine as it was. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Watches for signals that end the program, so that the work can come to an end of its own. */
export class StopSignals implements Disposable {
  readonly #stopping = new AbortController();
  #status = 0;

  constructor() {
    for (const signal of STOPPING) process.once(signal, this.#stop);
  }

  /** Aborted by the first signal. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Exit status that says which signal it was: 128 and its number. */
  get status(): number {
    return this.#status;
  }

  [Symbol.dispose](): void {
    for (const signal of STOPPING) process.removeListener(signal, this.#stop);
  }

  readonly #stop = (signal: NodeJS.Signals): void => {
    this.#status ||= 128 + constants.signals[signal];
    this.#stopping.abort();
  };
}
