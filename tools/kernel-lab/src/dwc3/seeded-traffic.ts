import { seededRandom } from '@gadgetloom/core';

const MEBIBYTE = 2 ** 20;

/**
 * Transfers that both ends know by a seed: how long each is, 1 byte to 1 MiB, small and large ones as often, and its
 * bytes. Their order is always the same.
 */
export class SeededTraffic implements Iterable<Uint8Array> {
  readonly #seed: number;
  readonly #count: number;
  readonly #noise = new Uint8Array(2 * MEBIBYTE);

  constructor(seed: number, count: number) {
    this.#seed = seed;
    this.#count = count;
    const random = seededRandom(seed);
    const words = new Uint32Array(this.#noise.buffer);
    for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32;
  }

  /** The bytes of each transfer; valid until the end, and not to be written to. */
  *[Symbol.iterator](): Iterator<Uint8Array> {
    const random = seededRandom(this.#seed + 1);
    for (let left = this.#count; left > 0; left--) {
      const length = Math.ceil(MEBIBYTE ** random());
      const from = Math.floor(random() * MEBIBYTE);
      yield this.#noise.subarray(from, from + length);
    }
  }
}

/** Where two byte strings differ, in words; `undefined` if they do not. */
export function differenceOf(actual: Uint8Array, expected: Uint8Array): string | undefined {
  if (Buffer.compare(actual, expected) === 0) return undefined;
  if (actual.length !== expected.length) return `${actual.length} bytes instead of ${expected.length}`;
  return `byte ${expected.findIndex((byte, index) => byte !== actual[index])} of ${expected.length} is wrong`;
}
