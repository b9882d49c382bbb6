import { isKernelError } from '@gadgetloom/core';
import type { FunctionState } from '../stack/function-state.ts';
import { SessionEnded } from './session.ts';

/** What a function does while it is enabled. */
export type SessionTask = (signal: AbortSignal) => unknown;

/** Runs a task for each session of a function. A session begins when the task of the one before has ended. */
export class SessionRunner implements Disposable {
  readonly #name: string;
  readonly #state: FunctionState;
  readonly #task: SessionTask;
  readonly #failed: (error: unknown) => void;
  readonly #watch: Disposable;
  #current: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param failed gets the error of a task; the task runs again in the next session */
  constructor(name: string, state: FunctionState, task: SessionTask, failed: (error: unknown) => void) {
    this.#name = name;
    this.#state = state;
    this.#task = task;
    this.#failed = failed;
    this.#watch = state.onChange((enabled) => this.#changed(enabled));
  }

  /** Resolves when no task runs. */
  get ended(): Promise<void> {
    return this.#last;
  }

  /** Ends the session and starts no other. */
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#changed(false);
  }

  #changed(enabled: boolean): void {
    this.#current?.abort(new SessionEnded(this.#name));
    this.#current = undefined;
    if (!enabled) return;
    const session = new AbortController();
    this.#current = session;
    this.#last = this.#last.then(() => this.#run(session.signal));
  }

  async #run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      await this.#task(signal);
    } catch (error) {
      // FunctionFS fails transfers with ESHUTDOWN first, and tells that it disabled the function afterwards.
      if (isKernelError(error, 'ESHUTDOWN')) await this.#state.nextChange(signal).catch(() => {});
      if (!endsSession(error, signal)) this.#failed(error);
    }
  }
}

/** Errors of calls on an endpoint that the host has disabled, or that were cancelled with their session. */
const ENDED: readonly string[] = ['ESHUTDOWN', 'ECONNRESET', 'EINTR', 'EAGAIN', 'ENODEV'];

/** True for the errors that calls give because their session has ended. */
function endsSession(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  if (error === signal.reason || error instanceof SessionEnded) return true;
  // Functions of Node and browsers that take a signal reject with an AbortError of their own.
  return isKernelError(error) ? ENDED.includes(error.code) : error instanceof Error && error.name === 'AbortError';
}
