import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { TRB_BYTES, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../registers/trb.ts';

/** TRBs of a ring; the last is a link back to the first (DWC3_TRB_NUM). */
export const RING_SIZE = 256;
/** TRBs of a ring that requests can use. */
export const USABLE_TRBS = RING_SIZE - 1;
const WORDS = TRB_BYTES / 4;
const LINK = RING_SIZE - 1;

/** TRBs in memory that the hardware reads, with the places where the driver adds and takes back. */
export class TrbRing {
  /** Where the next TRB goes. */
  enqueue = 0;
  /** The TRB that is taken back next. */
  dequeue = 0;
  readonly #memory: CoherentMemory;
  readonly #words: Int32Array;

  /** @param memory room for the TRBs, aligned to 4 bytes */
  constructor(memory: CoherentMemory) {
    this.#memory = memory;
    const { buffer, byteOffset, byteLength } = memory.memory;
    this.#words = new Int32Array(buffer, byteOffset, byteLength / 4);
  }

  /** Empties the ring and closes it with a link. */
  reset(): void {
    this.enqueue = 0;
    this.dequeue = 0;
    this.#words.fill(0);
    this.put(LINK, this.#memory.dmaAddress, 0, (TrbType.LINK << TRB_TYPE_SHIFT) | TrbCtrl.HWO);
  }

  /** Address of a TRB for the hardware. */
  address(index: number): number {
    return this.#memory.dmaAddress + index * TRB_BYTES;
  }

  /** Writes a TRB; the control word, which gives it to the hardware, last. */
  put(index: number, buffer: number, size: number, control: number): void {
    const words = this.#words;
    const at = index * WORDS;
    words[at] = buffer;
    words[at + 1] = buffer > 0xffff_ffff ? Math.floor(buffer / 2 ** 32) : 0;
    words[at + 2] = size;
    words[at + 3] = control;
  }

  size(index: number): number {
    return this.#words[index * WORDS + 2]!;
  }

  control(index: number): number {
    return this.#words[index * WORDS + 3]!;
  }

  /** Takes a TRB from the hardware. */
  release(index: number): void {
    this.#words[index * WORDS + 3]! &= ~TrbCtrl.HWO;
  }

  /** Whether a TRB moves bytes from or to an address. */
  isAt(index: number, low: number, high: number): boolean {
    return this.#words[index * WORDS] === low && this.#words[index * WORDS + 1] === high;
  }

  advanceEnqueue(): void {
    this.enqueue = this.enqueue + 1 === LINK ? 0 : this.enqueue + 1;
  }

  advanceDequeue(): void {
    this.dequeue = this.dequeue + 1 === LINK ? 0 : this.dequeue + 1;
  }

  /** The TRB before one, past the link. */
  previous(index: number): number {
    return index === 0 ? LINK - 1 : index - 1;
  }

  /** TRBs that are free. @param busy some are in use: an enqueue place that has caught up means full, not empty */
  left(busy: boolean): number {
    if (this.enqueue === this.dequeue) return busy ? 0 : USABLE_TRBS;
    const distance = (this.dequeue - this.enqueue) & (RING_SIZE - 1);
    return this.dequeue < this.enqueue ? distance - 1 : distance;
  }
}
