import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { TRB_BYTES, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../registers/trb.ts';
import { countMoved } from '../registers/trb-rows.ts';
import {
  setTrbBuffer,
  setTrbBufferWords,
  setTrbControl,
  setTrbSize,
  TRB_WORDS,
  trbBuffer,
  trbBufferHigh,
  trbBufferLow,
  trbControl,
  trbSize,
  wordsOf,
} from '../registers/trb-words.ts';

/** TRBs of a ring; the last is a link back to the first (DWC3_TRB_NUM). */
export const RING_SIZE = 256;
/** TRBs of a ring that requests can use. */
export const USABLE_TRBS = RING_SIZE - 1;
const LINK = RING_SIZE - 1;

// As in trb-rows.ts: constants of this module, for the compiler.
const WORDS: number = TRB_WORDS;
const low = trbBufferLow;
const high = trbBufferHigh;
const setBufferWords = setTrbBufferWords;
const size = trbSize;
const setSize = setTrbSize;
const setControl = setTrbControl;

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

  /** @param memory room for the TRBs */
  constructor(memory: CoherentMemory) {
    this.#memory = memory;
    this.#words = wordsOf(memory.memory.buffer);
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
    setTrbBuffer(words, at, buffer);
    setTrbSize(words, at, size);
    setTrbControl(words, at, control);
  }

  /** Puts a TRB where the next one goes. */
  add(buffer: number, size: number, control: number): void {
    this.put(this.enqueue, buffer, size, control);
    this.advanceEnqueue();
  }

  /** As {@link add}, with the address as two words of memory: those of a TRB that was made before. */
  addWords(low: number, high: number, size: number, control: number): void {
    const words = this.#words;
    const at = this.#first + this.enqueue * WORDS;
    setBufferWords(words, at, low, high);
    setSize(words, at, size);
    setControl(words, at, control);
    this.advanceEnqueue();
  }

  /**
   * Puts TRBs that were made before where the next ones go, as long as more bytes come behind them.
   *
   * @param first of them @param end behind the last
   * @param bytes of them and what comes behind
   * @param control word of each
   * @returns bytes of those that were put
   */
  addPieces(trbs: Int32Array, first: number, end: number, bytes: number, control: number): number {
    const words = this.#words;
    const ring = this.#first;
    const last = end * WORDS;
    let { enqueue } = this;
    let left = bytes;
    for (let from = first * WORDS; from < last; from += WORDS) {
      const length = size(trbs, from);
      if (length >= left) break;
      left -= length;
      const at = ring + enqueue * WORDS;
      setBufferWords(words, at, low(trbs, from), high(trbs, from));
      setSize(words, at, length);
      setControl(words, at, control);
      enqueue = enqueue + 1 === LINK ? 0 : enqueue + 1;
    }
    this.enqueue = enqueue;
    return bytes - left;
  }

  /** Whether so many are in a row before the link. */
  fitsRow(trbs: number): boolean {
    return this.enqueue + trbs <= LINK;
  }

  /** Puts TRBs that were made before where the next ones go, all at once. They must fit. */
  addRow(trbs: Int32Array, count: number): void {
    this.#words.set(trbs, this.#first + this.enqueue * WORDS);
    const next = this.enqueue + count;
    this.enqueue = next === LINK ? 0 : next;
  }

  /** TRBs that were added since the next one went to a place. */
  addedSince(enqueue: number): number {
    const added = this.enqueue - enqueue;
    return added < 0 ? added + USABLE_TRBS : added;
  }

  size(index: number): number {
    return trbSize(this.#words, this.#first + index * TRB_WORDS);
  }

  control(index: number): number {
    return trbControl(this.#words, this.#first + index * TRB_WORDS);
  }

  /** Takes a TRB from the hardware. */
  release(index: number): void {
    setTrbControl(this.#words, this.#first + index * TRB_WORDS, this.control(index) & ~TrbCtrl.HWO);
  }

  /** Whether a TRB moves bytes from or to an address. */
  isAt(index: number, address: number): boolean {
    return trbBuffer(this.#words, this.#first + index * TRB_WORDS) === address;
  }

  /**
   * Takes back pieces of a buffer that the hardware has moved as a whole, with nothing to say about them.
   *
   * @param most of them @returns how many
   */
  takeMoved(most: number): number {
    let taken = this.#takeRow(most);
    if (this.dequeue === 0 && taken < most) taken += this.#takeRow(most - taken);
    return taken;
  }

  /** As far as the link at the end. */
  #takeRow(most: number): number {
    const { dequeue } = this;
    const end = Math.min(dequeue + most, LINK);
    const taken = countMoved(this.#words, this.#first + dequeue * TRB_WORDS, this.#first + end * TRB_WORDS);
    this.dequeue = dequeue + taken === LINK ? 0 : dequeue + taken;
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
