type Close = () => void | Promise<void>;

/**
 * Owns what was opened and closes it in reverse order. Closing twice is harmless. Every closer runs even if one before it
 * fails, and the failures are reported together at the end.
 */
export class ResourceScope implements AsyncDisposable {
  readonly #closers: Close[] = [];
  #closing: Promise<void> | undefined;

  /**
   * Registers a function that runs on close, after everything that is registered later.
   *
   * @throws Error if the scope is closing or closed
   */
  onClose(close: Close): void {
    if (this.#closing) throw new Error('This scope is closed: nothing can be added to it any more.');
    this.#closers.push(close);
  }

  /**
   * Takes ownership of a disposable value and returns it. Other values pass through.
   *
   * @throws Error if the scope is closing or closed; the value then remains the caller's to close
   */
  use<T>(value: T): T {
    const owned = value as Partial<AsyncDisposable & Disposable> | null | undefined;
    if (typeof owned?.[Symbol.asyncDispose] === 'function')
      this.onClose(() => Promise.resolve(owned[Symbol.asyncDispose]?.()));
    else if (typeof owned?.[Symbol.dispose] === 'function') this.onClose(() => owned[Symbol.dispose]?.());
    return value;
  }

  /**
   * Closes everything, latest first. A closer must not wait for this promise: it waits for the closer.
   *
   * @throws what a closer threw, or an AggregateError if several did
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    // Lets close() note that it has begun, before a closer can ask.
    await undefined;
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} resources could not be closed.`);
  }
}
