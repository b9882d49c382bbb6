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

  /** Removes an entry from anywhere in the queue. @returns false if it is not here */
  remove(entry: Entry): boolean {
    const mask = this.#slots.length - 1;
    for (let place = 0; place < this.#size; place++) {
      if (this.#slots[(this.#head + place) & mask] !== entry) continue;
      for (let at = place; at < this.#size - 1; at++)
        this.#slots[(this.#head + at) & mask] = this.#slots[(this.#head + at + 1) & mask];
      this.#slots[(this.#head + this.#size - 1) & mask] = undefined;
      this.#size--;
      return true;
    }
    return false;
  }

  #grow(): void {
    const slots = new Array<Entry | undefined>(this.#slots.length * 2).fill(undefined);
    for (let place = 0; place < this.#size; place++)
      slots[place] = this.#slots[(this.#head + place) & (this.#slots.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
