/** Words of memory are the numbers that they are for the hardware. */
export const isLittleEndian: boolean = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

/**
 * A word of memory as the number that it is for the hardware, and back: descriptors are little-endian, also where the
 * machine that simulates them is not.
 */
export const littleEndian: (word: number) => number = isLittleEndian ? (word) => word : swapBytes;

/** Turns the four bytes of a word around. */
export function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
