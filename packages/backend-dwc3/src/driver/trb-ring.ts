import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { TRB_BPH, TRB_BPL, TRB_BYTES, TRB_CTRL, TRB_SIZE, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../registers/trb.ts';

/** TRBs of a ring. The last one is a link back to the first (DWC3_TRB_NUM). */
export const RING_SIZE = 256;
/** TRBs of a ring that requests can use. */
export const USABLE_TRBS = RING_SIZE - 1;
const LINK = RING_SIZE - 1;

/** A ring of TRBs in memory that the hardware reads, and the driver's position in it. */
export class TrbRing {
  /** Index of the TRB that is written next. */
  enqueue = 0;
  /** Index of the TRB that is taken back next. */
  dequeue = 0;
  readonly #memory: CoherentMemory;
  readonly #view: DataView;

  /** @param memory room for the TRBs */
  constructor(memory: CoherentMemory) {
    const { buffer, byteOffset, byteLength } = memory.memory;
    this.#memory = memory;
    this.#view = new DataView(buffer, byteOffset, byteLength);
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

  /** Writes a TRB. The control word, which hands it to the hardware, is written last. */
  put(index: number, buffer: number, size: number, control: number): void {
    const at = index * TRB_BYTES;
    this.#view.setUint32(at + TRB_BPL, buffer, true);
    this.#view.setUint32(at + TRB_BPH, buffer / 2 ** 32, true);
    this.#view.setUint32(at + TRB_SIZE, size, true);
    this.#view.setUint32(at + TRB_CTRL, control, true);
  }

  /** Writes the next TRB. */
  add(buffer: number, size: number, control: number): void {
    this.put(this.enqueue, buffer, size, control);
    this.enqueue = next(this.enqueue);
  }

  /** The address that a TRB moves bytes from or to. */
  buffer(index: number): number {
    const at = index * TRB_BYTES;
    return this.#view.getUint32(at + TRB_BPH, true) * 2 ** 32 + this.#view.getUint32(at + TRB_BPL, true);
  }

  /** The word with the size and the status of a TRB. */
  size(index: number): number {
    return this.#view.getUint32(index * TRB_BYTES + TRB_SIZE, true);
  }

  control(index: number): number {
    return this.#view.getUint32(index * TRB_BYTES + TRB_CTRL, true);
  }

  /** Takes a TRB from the hardware. */
  release(index: number): void {
    this.#view.setUint32(index * TRB_BYTES + TRB_CTRL, this.control(index) & ~TrbCtrl.HWO, true);
  }

  advanceDequeue(): void {
    this.dequeue = next(this.dequeue);
  }

  /** Index of the TRB before one. The link does not count. */
  previous(index: number): number {
    return index === 0 ? LINK - 1 : index - 1;
  }

  /** TRBs that are free. @param busy whether TRBs are in use: with equal positions the ring is then full, otherwise empty */
  left(busy: boolean): number {
    if (this.enqueue === this.dequeue) return busy ? 0 : USABLE_TRBS;
    const distance = (this.dequeue - this.enqueue) & (RING_SIZE - 1);
    return this.dequeue < this.enqueue ? distance - 1 : distance;
  }
}

/** The index behind one. The link does not count. */
function next(index: number): number {
  return index + 1 === LINK ? 0 : index + 1;
}
