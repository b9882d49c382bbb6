import type { UsbRequest } from '@gadgetloom/udc';

/**
 * The queued requests of an endpoint, in order: a ring that grows when it is full and never shrinks.
 *
 * @typeParam Entry a request, or an object that a driver keeps for one
 */
export class RequestQueue<Entry extends object = UsbRequest> {
  #slots: (Entry | undefined)[] = new Array<Entry | undefined>(8).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The request that is served next. */
  get first(): Entry | undefined {
    return this.#slots[this.#head];
  }

  /** The request that came last. */
  get last(): Entry | undefined {
    return this.#slots[(this.#head + this.#size - 1) & (this.#slots.length - 1)];
  }

  /** Appends an entry. */
  push(entry: Entry): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = entry;
    this.#size++;
  }

  /** Removes the first entry. */
  shift(): Entry | undefined {
    const entry = this.#slots[this.#head];
    if (entry === undefined) return undefined;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    return entry;
  }

  /** Whether an entry is in the queue. */
  includes(entry: Entry): boolean {
    return this.#slots.includes(entry);
  }

  /** Removes an entry from anywhere in the queue. @returns false if it is not here */
  remove(entry: Entry): boolean {
    let at = this.#slots.indexOf(entry);
    if (at < 0) return false;
    const mask = this.#slots.length - 1;
    const last = (this.#head + --this.#size) & mask;
    for (; at !== last; at = (at + 1) & mask) this.#slots[at] = this.#slots[(at + 1) & mask];
    this.#slots[last] = undefined;
    return true;
  }

  /** The entries in order. */
  *[Symbol.iterator](): Generator<Entry> {
    const { length } = this.#slots;
    for (let place = 0; place < this.#size; place++) yield this.#slots[(this.#head + place) & (length - 1)]!;
  }

  #grow(): void {
    const entries = [...this];
    this.#slots = [...entries, ...new Array<Entry | undefined>(entries.length).fill(undefined)];
    this.#head = 0;
  }
}
