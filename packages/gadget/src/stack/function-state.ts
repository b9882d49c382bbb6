import { attempt } from './report-error.ts';

/** True while the host has enabled the function. */
export type EnabledListener = (enabled: boolean) => void;

/**
 * Tells whether a host has enabled a function. Listeners that come late are told the present state.
 */
export class FunctionState {
  readonly #error: (error: unknown) => void;
  readonly #listeners = new Set<EnabledListener>();
  readonly #waiters = new Set<() => void>();
  #enabled = false;
  #closed = false;
  #changes = 0;

  /** @param error gets what listeners throw; it never throws itself */
  constructor(error: (error: unknown) => void) {
    this.#error = error;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** How often the state has changed. It tells a caller that was busy meanwhile that it missed a change. */
  get changes(): number {
    return this.#changes;
  }

  /** True when the stack is closing: nothing will be enabled any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes an event of the function: the host enabled it (perhaps once more, with other settings), or disabled it. */
  change(enabled: boolean): void {
    if (this.#closed || (!enabled && !this.#enabled)) return;
    this.#enabled = enabled;
    this.#changes++;
    for (const listener of [...this.#listeners]) attempt(() => listener(enabled), this.#error);
    this.#wake();
  }

  /** Disables the function for good. */
  close(): void {
    this.change(false);
    this.#closed = true;
    this.#listeners.clear();
    this.#wake();
  }

  /** Calls back at once with the present state, and then for each change. ENABLE may come twice without a DISABLE. */
  onChange(listener: EnabledListener): Disposable {
    const own: EnabledListener = (enabled) => listener(enabled);
    this.#listeners.add(own);
    attempt(() => own(this.#enabled), this.#error);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /**
   * Resolves at the next change, or when the function is closed.
   *
   * @param since value of {@link changes} that the caller knows; if there was a change since, it resolves at once
   * @throws the reason of `signal`
   */
  nextChange(signal?: AbortSignal, since = this.#changes): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed || since !== this.#changes) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiters.delete(changed);
        signal?.removeEventListener('abort', aborted);
      };
      const changed = (): void => {
        end();
        resolve();
      };
      const aborted = (): void => {
        end();
        reject(signal?.reason);
      };
      this.#waiters.add(changed);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
