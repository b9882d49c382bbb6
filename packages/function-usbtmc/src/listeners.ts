/** Callbacks of one event. */
export class Listeners {
  readonly #listeners = new Set<() => void>();
  readonly #report: (error: unknown) => void;

  /** @param report gets what callbacks throw */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(listener: () => void): Disposable {
    const own = (): void => listener();
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  call(): void {
    for (const listener of [...this.#listeners])
      try {
        listener();
      } catch (error) {
        this.#report(error);
      }
  }
}
