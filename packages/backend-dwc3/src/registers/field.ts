/**
 * What a write does to a field. `rw` stores the value. `ro` ignores it: the hardware sets the field. `w1c` clears the bits
 * that are 1. `sc` stores the value until the hardware is done and clears it (self-clearing). `wo` is not read back.
 */
export type Access = 'rw' | 'ro' | 'w1c' | 'sc' | 'wo';

/** Some bits of a 32-bit word. */
export interface Field {
  /** Position of its lowest bit, 0 to 31. */
  readonly low: number;
  /** Bits, 1 to 32. */
  readonly width: number;
  readonly access: Access;
  /** Its bits in the word, unsigned. */
  readonly mask: number;
}

const field =
  (access: Access) =>
  (low: number, width = 1): Field => ({ low, width, access, mask: ((2 ** width - 1) * 2 ** low) >>> 0 });

export const rw = field('rw');
export const ro = field('ro');
export const w1c = field('w1c');
export const sc = field('sc');
export const wo = field('wo');

/** The value of a field in a word. */
export function get({ mask, low }: Field, word: number): number {
  return (word & mask) >>> low;
}

/** A word in which only the field is set; bits that do not fit are cut off. */
export function put({ mask, low }: Field, value: number): number {
  return ((value << low) & mask) >>> 0;
}

/** A word with one field changed. */
export function set(field: Field, word: number, value: number): number {
  return ((word & ~field.mask) | put(field, value)) >>> 0;
}
