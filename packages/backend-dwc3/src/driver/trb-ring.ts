import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { TRB_BPH, TRB_BPL, TRB_BYTES, TRB_CTRL, TRB_SIZE, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../registers/trb.ts';

/** TRBs of a ring; the last is a link back to the first (DWC3_TRB_NUM). */
export const RING_SIZE = 256;
/** TRBs of a ring that requests can use. */
export const USABLE_TRBS = RING_SIZE - 1;
const LINK = RING_SIZE - 1;

/** TRBs in memory that the hardware reads, with the places where the driver adds and takes back. */
export class TrbRing {
  /** Where the next TRB goes. */
  enqueue = 0;
  /** The TRB that is taken back next. */
  dequeue = 0;
  readonly #memory: CoherentMemory;
  readonly #words: DataView;

  /** @param memory room for the TRBs */
  constructor(memory: CoherentMemory) {
    this.#memory = memory;
    const { buffer, byteOffset, byteLength } = memory.memory;
    this.#words = new DataView(buffer, byteOffset, byteLength);
  }

  /** Empties the ring and closes it with a link. */
  reset(): void {
    this.enqueue = 0;
    this.dequeue = 0;
    this.#memory.memory.fill(0);
    this.put(LINK, this.#memory.dmaAddress, 0, (TrbType.LINK << TRB_TYPE_SHIFT) | TrbCtrl.HWO);
  }

  /** Address of a TRB for the hardware. */
  address(index: number): number {
    return this.#memory.dmaAddress + index * TRB_BYTES;
  }

  /** Writes a TRB; the control word, which gives it to the hardware, last. */
  put(index: number, buffer: number, size: number, control: number): void {
    const words = this.#words;
    const at = index * TRB_BYTES;
    words.setUint32(at + TRB_BPL, buffer, true);
    words.setUint32(at + TRB_BPH, buffer > 0xffff_ffff ? Math.floor(buffer / 2 ** 32) : 0, true);
    words.setUint32(at + TRB_SIZE, size, true);
    words.setUint32(at + TRB_CTRL, control, true);
  }

  size(index: number): number {
    return this.#words.getUint32(index * TRB_BYTES + TRB_SIZE, true);
  }

  control(index: number): number {
    return this.#words.getUint32(index * TRB_BYTES + TRB_CTRL, true);
  }

  /** Takes a TRB from the hardware. */
  release(index: number): void {
    this.#words.setUint32(index * TRB_BYTES + TRB_CTRL, this.control(index) & ~TrbCtrl.HWO, true);
  }

  /** Whether a TRB moves bytes from or to an address below 4 GiB. */
  isAt(index: number, address: number): boolean {
    const at = index * TRB_BYTES;
    return this.#words.getUint32(at + TRB_BPL, true) === address && this.#words.getUint32(at + TRB_BPH, true) === 0;
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
