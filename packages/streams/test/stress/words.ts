/** Bytes that tell their position: each word of four bytes has the number of its transfer and its place in it. */
const PLACES = 1024;
/** Bytes of the longest transfer. */
export const LONGEST = 4 * PLACES;
/** The word in memory that received nothing. */
export const BLANK = 0xff;

export function writeWords(bytes: Uint8Array, transfer: number, length: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (let at = 0; at < length; at += 4) view.setUint32(at, transfer * PLACES + at / 4, true);
}

/** The words of `bytes` up to the first that is blank. */
export function readWords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    if (word === 0xffffffff) break;
    words.push(word);
  }
  return words;
}

export const transferOf = (word: number): number => Math.floor(word / PLACES);
export const placeOf = (word: number): number => word % PLACES;

/** True if `word` can come directly behind `before`: the next of its transfer, or the first of a later one. */
export function follows(before: number, word: number): boolean {
  return word === before + 1 || (placeOf(word) === 0 && transferOf(word) > transferOf(before));
}
