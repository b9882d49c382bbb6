import type { DmaBuf } from '@gadgetloom/dmabuf';
import { Transfer } from './transfer.ts';

/** The transfers that an engine has begun, oldest first. The places are made once and used again and again. */
export class TransferRing {
  readonly #places: readonly Transfer[];
  #head = 0;
  #count = 0;

  constructor(depth: number, endpoint: string, over: (transfer: Transfer) => void) {
    this.#places = Array.from({ length: depth }, () => new Transfer(endpoint, over));
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.#places.length;
  }

  /** The transfer at a position, 0 is the oldest. */
  at(position: number): Transfer {
    const index = this.#head + position;
    const places = this.#places;
    return places[index < places.length ? index : index - places.length]!;
  }

  /** Begins another transfer; the ring must not be full. */
  push(buffer: DmaBuf, length: number, sequence: number): Transfer {
    const transfer = this.at(this.#count++);
    transfer.begin(buffer, length, sequence);
    return transfer;
  }

  /** Frees the place of the oldest. */
  shift(): void {
    this.#count--;
    if (++this.#head === this.#places.length) this.#head = 0;
  }
}
