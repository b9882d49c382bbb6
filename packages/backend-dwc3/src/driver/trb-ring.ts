import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { littleEndian } from '../registers/little-endian.ts';
import {
  BPH_WORD,
  BPL_WORD,
  CTRL_WORD,
  SIZE_WORD,
  TRB_BYTES,
  TRB_LENGTH_MASK,
  TRB_TYPE_SHIFT,
  TRB_WORDS,
  TrbCtrl,
  TrbType,
} from '../registers/trb.ts';

/** TRBs of a ring; the last is a link back to the first (DWC3_TRB_NUM). */
export const RING_SIZE = 256;
/** TRBs of a ring that requests can use. */
export const USABLE_TRBS = RING_SIZE - 1;
const LINK = RING_SIZE - 1;
/** What a TRB that was moved silently has of these: CHN alone; and of its size word: no bytes left, status 0. */
const SPECIAL = TrbCtrl.HWO | TrbCtrl.CHN | TrbCtrl.LST | TrbCtrl.IOC;
const UNUSUAL = TRB_LENGTH_MASK | (0xf << 28);

/** TRBs in memory that the hardware reads, with the places where the driver adds and takes back. */
export class TrbRing {
  /** Where the next TRB goes. */
  enqueue = 0;
  /** The TRB that is taken back next. */
  dequeue = 0;
  readonly #memory: CoherentMemory;
  // Not a DataView: V8 does not inline its methods here.
  readonly #words: Int32Array;
  /** The word in which the ring begins. */
  readonly #first: number;

  /**
   * @param memory room for the TRBs
   * @param words of the whole buffer of `memory`; rings that share it may share them
   */
  constructor(memory: CoherentMemory, words: Int32Array) {
    this.#memory = memory;
    this.#words = words;
    this.#first = memory.memory.byteOffset / 4;
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
    const at = this.#first + index * TRB_WORDS;
    words[at + BPL_WORD] = littleEndian(buffer | 0);
    words[at + BPH_WORD] = buffer > 0xffff_ffff ? littleEndian((buffer / 2 ** 32) | 0) : 0;
    words[at + SIZE_WORD] = littleEndian(size);
    words[at + CTRL_WORD] = littleEndian(control);
  }

  /** Puts a TRB where the next one goes. */
  add(buffer: number, size: number, control: number): void {
    this.put(this.enqueue, buffer, size, control);
    this.advanceEnqueue();
  }

  size(index: number): number {
    return littleEndian(this.#words[this.#first + index * TRB_WORDS + SIZE_WORD]!);
  }

  control(index: number): number {
    return littleEndian(this.#words[this.#first + index * TRB_WORDS + CTRL_WORD]!);
  }

  /** Takes a TRB from the hardware. */
  release(index: number): void {
    this.#words[this.#first + index * TRB_WORDS + CTRL_WORD] = littleEndian(this.control(index) & ~TrbCtrl.HWO);
  }

  /** Whether a TRB moves bytes from or to an address below 4 GiB. */
  isAt(index: number, address: number): boolean {
    const at = this.#first + index * TRB_WORDS;
    return this.#words[at + BPL_WORD] === littleEndian(address | 0) && this.#words[at + BPH_WORD] === 0;
  }

  /**
   * Takes back pieces of a buffer that the hardware has moved as a whole, with nothing to say about them.
   *
   * @param most of them @returns how many
   */
  takeMoved(most: number): number {
    const words = this.#words;
    let index = this.dequeue;
    let taken = 0;
    for (; taken < most; taken++) {
      const at = this.#first + index * TRB_WORDS;
      if ((littleEndian(words[at + CTRL_WORD]!) & SPECIAL) !== TrbCtrl.CHN) break;
      if ((littleEndian(words[at + SIZE_WORD]!) & UNUSUAL) !== 0) break;
      index = index + 1 === LINK ? 0 : index + 1;
    }
    this.dequeue = index;
    return taken;
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
