interface Run {
  readonly first: number;
  /** One past the last page. */
  readonly end: number;
}

/** Gives out runs of pages of an address space and takes them back. The lowest run that fits is used first. */
export class PageRuns {
  /** Free runs in ascending order. No two of them touch. */
  readonly #free: Run[];

  /** @param first page @param end one past the last page */
  constructor(first: number, end: number) {
    this.#free = [{ first, end }];
  }

  /** @param pages 1 or more @returns the first page of a run, or undefined if no free run is that long */
  take(pages: number): number | undefined {
    const at = this.#free.findIndex(({ first, end }) => end - first >= pages);
    const run = this.#free[at];
    if (run === undefined) return undefined;
    const { first, end } = run;
    if (end - first === pages) this.#free.splice(at, 1);
    else this.#free[at] = { first: first + pages, end };
    return first;
  }

  /** Takes a run back. Callers must pass what {@link take} returned, with the same length. */
  give(first: number, pages: number): void {
    const end = first + pages;
    const next = this.#free.findIndex((run) => run.first >= end);
    const at = next < 0 ? this.#free.length : next;
    const before = this.#free[at - 1];
    const behind = this.#free[at];
    const joinsBefore = before?.end === first;
    const joinsBehind = behind?.first === end;
    const merged = { first: joinsBefore ? before.first : first, end: joinsBehind ? behind.end : end };
    this.#free.splice(joinsBefore ? at - 1 : at, Number(joinsBefore) + Number(joinsBehind), merged);
  }
}
