import type { DmaMemory, DmaPlace } from '@gadgetloom/dmabuf';
import { TRB_BPH, TRB_BPL, TRB_BYTES, TRB_CTRL, TRB_SIZE } from '../registers/trb.ts';
import {
  setTrbControl,
  setTrbSize,
  TRB_WORDS,
  trbBuffer,
  trbControl,
  trbSize,
  wordsOf,
} from '../registers/trb-words.ts';

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
/** The last address of no row: before the first of any. */
const NO_ROW = -1;

/** The TRBs of an endpoint, in memory. */
export class TrbMemory {
  /** Words of the TRB that was read last. */
  buffer = 0;
  size = 0;
  control = 0;
  /** What {@link enter} found: the words of TRBs in a row, where the first begins and where the last whole one ends. */
  words: Int32Array = NO_WORDS;
  at = 0;
  end = 0;
  readonly #memory: DmaMemory;
  /** The row that was found last: addresses of its first and its last whole TRB, where it begins, and DmaMemory.mappings then. */
  #first = 0;
  #last = NO_ROW;
  #firstWord = 0;
  #mappings = Number.NaN;
  readonly #place: DmaPlace = { memory: NO_BYTES, offset: 0, hint: 0 };

  constructor(memory: DmaMemory) {
    this.#memory = memory;
  }

  /**
   * Finds the TRBs from an address on: `words`, `at` and `end`. False where they are not in one piece, may be read or written
   * only, or each word has to be asked for.
   */
  enter(address: number): boolean {
    const first = this.#first;
    if (
      address >= first &&
      address <= this.#last &&
      ((address - first) & (TRB_BYTES - 1)) === 0 &&
      this.#mappings === this.#memory.mappings
    ) {
      this.at = this.#firstWord + ((address - first) >>> 2);
      return true;
    }
    return this.#find(address);
  }

  #find(address: number): boolean {
    this.#last = NO_ROW;
    const place = this.#place;
    const memory = this.#memory;
    const found = memory.locate?.(address, 'read', place);
    if (found === undefined || found < TRB_BYTES) return false;
    // In another window, what is written may be elsewhere.
    const { memory: bytes, offset } = place;
    const written = memory.locate!(address, 'write', place);
    if (written !== found || place.memory !== bytes || place.offset !== offset) return false;
    const start = bytes.byteOffset + offset;
    if ((start & 3) !== 0) return false;
    this.words = wordsOf(bytes.buffer);
    this.at = start >>> 2;
    this.end = this.at + Math.floor(found / TRB_BYTES) * TRB_WORDS;
    this.#first = address;
    this.#last = address + found - TRB_BYTES;
    this.#firstWord = this.at;
    this.#mappings = memory.mappings ?? Number.NaN;
    return true;
  }

  /** Reads a TRB. @returns false at a fault */
  read(address: number): boolean {
    if (this.enter(address)) {
      const { words, at } = this;
      this.control = trbControl(words, at);
      this.size = trbSize(words, at);
      this.buffer = trbBuffer(words, at);
      return true;
    }
    const memory = this.#memory;
    const control = memory.read32(address + TRB_CTRL);
    if (control < 0) return false;
    this.control = control | 0;
    this.size = memory.read32(address + TRB_SIZE) | 0;
    this.buffer = memory.read32(address + TRB_BPH) * 2 ** 32 + memory.read32(address + TRB_BPL);
    return true;
  }

  /** Writes the second half of a TRB. Memory that cannot be written keeps it as it was. */
  write(address: number, size: number, control: number): void {
    if (this.enter(address)) {
      const { words, at } = this;
      setTrbSize(words, at, size);
      setTrbControl(words, at, control);
      return;
    }
    this.#memory.write32(address + TRB_SIZE, size >>> 0);
    this.#memory.write32(address + TRB_CTRL, control >>> 0);
  }
}
