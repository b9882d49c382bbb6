/**
 * Runs of pages of an address space: given out and taken back. One of the same length is used again first, as in a ring of
 * requests that are all alike; neighbours grow together only when there is nothing else left.
 */
export class PageRuns {
  /** From here on, nothing was ever given out. */
  #next: number;
  readonly #end: number;
  /** The first pages of free runs, by their length. */
  #free = new Map<number, number[]>();

  /** @param first page @param end behind the last */
  constructor(first: number, end: number) {
    this.#next = first;
    this.#end = end;
  }

  /** The first page of a run; undefined if no run is that long. @param pages 1 or more */
  take(pages: number): number | undefined {
    const same = this.#free.get(pages)?.pop();
    if (same !== undefined) return same;
    const next = this.#next;
    if (next + pages <= this.#end) {
      this.#next = next + pages;
      return next;
    }
    return this.#cut(pages) ?? (this.#merge() ? this.take(pages) : undefined);
  }

  /** Takes a run back, as it was given out. */
  give(first: number, pages: number): void {
    const free = this.#free.get(pages);
    if (free === undefined) this.#free.set(pages, [first]);
    else free.push(first);
  }

  /** Takes the beginning of the shortest run that is longer. */
  #cut(pages: number): number | undefined {
    let best = Number.POSITIVE_INFINITY;
    for (const [length, runs] of this.#free) if (length > pages && length < best && runs.length > 0) best = length;
    const first = this.#free.get(best)?.pop();
    if (first !== undefined) this.give(first + pages, best - pages);
    return first;
  }

  /** Makes one run of those that touch. @returns whether any did */
  #merge(): boolean {
    const runs = [...this.#free].flatMap(([pages, firsts]) => firsts.map((first) => ({ first, end: first + pages })));
    runs.sort((one, other) => one.first - other.first);
    const merged: { first: number; end: number }[] = [];
    for (const run of runs) {
      const before = merged.at(-1);
      if (before !== undefined && before.end === run.first) before.end = run.end;
      else merged.push(run);
    }
    const last = merged.at(-1);
    if (last !== undefined && last.end === this.#next) {
      this.#next = last.first;
      merged.pop();
    }
    this.#free = new Map();
    for (const { first, end } of merged) this.give(first, end - first);
    return merged.length < runs.length;
  }
}
