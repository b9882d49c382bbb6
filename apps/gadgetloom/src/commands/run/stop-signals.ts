import { constants } from 'node:os';

/** Signals of Ctrl-C, of a service manager and of a closed terminal. After each of them the program cleans up. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Catches the signals that stop the program, so that its work can finish cleanly. */
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

  /** Exit status for the received signal: 128 plus its number. */
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
