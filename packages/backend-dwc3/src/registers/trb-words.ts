import { littleEndian } from './little-endian.ts';
import { TRB_BPH, TRB_BPL, TRB_BYTES, TRB_CTRL, TRB_SIZE } from './trb.ts';

// Not exported, and not imported: the compiler of JavaScript takes such constants for what they are, while it has to look
// up at each use what other modules export.
const BPL = TRB_BPL / 4;
const BPH = TRB_BPH / 4;
const SIZE = TRB_SIZE / 4;
const CTRL = TRB_CTRL / 4;
const number = littleEndian;

/** Words of a TRB. */
export const TRB_WORDS = TRB_BYTES / 4;

const views = new WeakMap<ArrayBufferLike, Int32Array>();

/** The words of a buffer, from its beginning to its last whole one: the same array for everybody who asks. */
export function wordsOf(buffer: ArrayBufferLike): Int32Array {
  let words = views.get(buffer);
  if (words === undefined) {
    words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    views.set(buffer, words);
  }
  return words;
}

/** The control word of the TRB that begins at a word of memory. */
export function trbControl(words: Int32Array, at: number): number {
  return number(words[at + CTRL]!);
}

/** Its word with the size. */
export function trbSize(words: Int32Array, at: number): number {
  return number(words[at + SIZE]!);
}

/** The address of its bytes. */
export function trbBuffer(words: Int32Array, at: number): number {
  return (number(words[at + BPH]!) >>> 0) * 2 ** 32 + (number(words[at + BPL]!) >>> 0);
}

export function setTrbControl(words: Int32Array, at: number, control: number): void {
  words[at + CTRL] = number(control);
}

export function setTrbSize(words: Int32Array, at: number, size: number): void {
  words[at + SIZE] = number(size);
}

export function setTrbBuffer(words: Int32Array, at: number, address: number): void {
  words[at + BPL] = number(address | 0);
  words[at + BPH] = number((address / 2 ** 32) | 0);
}

/** The words of its address, as they are in memory. */
export function trbBufferLow(words: Int32Array, at: number): number {
  return words[at + BPL]!;
}

export function trbBufferHigh(words: Int32Array, at: number): number {
  return words[at + BPH]!;
}

/** As {@link setTrbBuffer}, with the words as they are in memory. */
export function setTrbBufferWords(words: Int32Array, at: number, low: number, high: number): void {
  words[at + BPL] = low;
  words[at + BPH] = high;
}
