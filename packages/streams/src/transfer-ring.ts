import type { DmaBuf } from '@gadgetloom/dmabuf';
import { Transfer } from './transfer.ts';

/**
 * The transfers that an engine has begun, oldest first. The ring makes places when it needs them and reuses them, so a
 * depth that is never reached costs nothing.
 */
export class TransferRing {
  readonly #depth: number;
  readonly #endpoint: string;
  readonly #over: (transfer: Transfer) => void;
  #places: readonly Transfer[] = [];
  #head = 0;
  #count = 0;

  constructor(depth: number, endpoint: string, over: (transfer: Transfer) => void) {
    this.#depth = depth;
    this.#endpoint = endpoint;
    this.#over = over;
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.#depth;
  }

  /** The transfer at a position, 0 is the oldest. */
  at(position: number): Transfer {
    const index = this.#head + position;
    const places = this.#places;
    return places[index < places.length ? index : index - places.length]!;
  }

  /** Begins another transfer; the ring must not be full. */
  push(buffer: DmaBuf, length: number, sequence: number): Transfer {
    if (this.#count === this.#places.length) this.#grow();
    const transfer = this.at(this.#count++);
    transfer.begin(buffer, length, sequence);
    return transfer;
  }

  /** Frees the place of the oldest. */
  shift(): void {
    this.#count--;
    if (++this.#head === this.#places.length) this.#head = 0;
  }

  /** Doubles the places, and moves the oldest transfer to the first. */
  #grow(): void {
    const places = [...this.#places.slice(this.#head), ...this.#places.slice(0, this.#head)];
    const length = Math.min(Math.max(2 * places.length, 4), this.#depth);
    while (places.length < length) places.push(new Transfer(this.#endpoint, this.#over));
    this.#places = places;
    this.#head = 0;
  }
}
