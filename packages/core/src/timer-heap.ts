/** An entry of a {@link TimerHeap}, which orders by `due`, then by `order`. */
export interface Scheduled {
  readonly due: number;
  readonly order: number;
  /** Index in the heap, -1 outside. Only the heap writes it. */
  slot: number;
}

/** A binary heap from which any entry can be taken out, so that cancelled timers leave nothing behind. */
export class TimerHeap<E extends Scheduled> {
  readonly #entries: E[] = [];

  /** The entry that is due first. */
  get first(): E | undefined {
    return this.#entries[0];
  }

  get size(): number {
    return this.#entries.length;
  }

  add(entry: E): void {
    this.#rise(entry, this.#entries.length);
  }

  /** Removes an entry. Harmless for an entry that is not in the heap. */
  remove(entry: E): void {
    const { slot } = entry;
    if (slot < 0) return;
    entry.slot = -1;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    const parent = this.#entries[(slot - 1) >> 1];
    if (slot > 0 && before(last, parent!)) this.#rise(last, slot);
    else this.#sink(last, slot);
  }

  #rise(entry: E, from: number): void {
    let slot = from;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.#entries[above]!;
      if (!before(entry, parent)) break;
      this.#put(parent, slot);
      slot = above;
    }
    this.#put(entry, slot);
  }

  #sink(entry: E, from: number): void {
    const { length } = this.#entries;
    let slot = from;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= length) break;
      if (below + 1 < length && before(this.#entries[below + 1]!, this.#entries[below]!)) below++;
      const child = this.#entries[below]!;
      if (!before(child, entry)) break;
      this.#put(child, slot);
      slot = below;
    }
    this.#put(entry, slot);
  }

  #put(entry: E, slot: number): void {
    this.#entries[slot] = entry;
    entry.slot = slot;
  }
}

const before = (a: Scheduled, b: Scheduled): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);
