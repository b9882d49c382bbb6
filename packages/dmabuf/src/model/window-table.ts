import type { DmaDirection, DmaPlace } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';

const FEWEST_WINDOWS = 64;
/** 2 ** 32 divided by the golden ratio: pages that are round, or in a row, land far from each other. */
const SPREAD = 0x9e37_79b1 | 0;
/** Numbers of a window: its first address and, at these positions, */
const STRIDE = 4;
/** the address behind its last; 0 while it is free, so that no address is in it, */
const END = 1;
/** what to take off an address for the place in memory, */
const BASE = 2;
/** and the direction. */
const DIRECTION = 3;
/** Numbers of a window for whoever comes from the one before: the low and the high half of its first address and, */
const NEXT_STRIDE = 3;
/** here, its bytes, if it goes on in memory where the window before it ends, in the same direction; {@link ELSEWHERE} if not. */
const MORE = 2;
const ELSEWHERE = -1;
/** The length of a piece, behind the two halves of its address. */
const LENGTH = 2;

/** Directions as numbers. */
export const DIRECTION_CODES: Readonly<Record<DmaDirection, number>> = {
  bidirectional: 0,
  'to-device': 1,
  'from-device': 2,
};
const NOBODY = new Uint8Array(0);
/** What a number of {@link NEXT_STRIDE} can say. */
const MOST_BYTES = 0x7fff_ffff;

/**
 * The windows of an address space: runs of addresses that are mapped, each with a number. They lie in a row, in the order in
 * which they were mapped, as devices go through them; a hash table by page finds the others. Numbers in typed arrays, as a
 * controller looks up every piece that it moves: windows as objects would be fetched from distant memory each time.
 */
export class WindowTable {
  #numbers = new Float64Array((FEWEST_WINDOWS + 1) * STRIDE);
  #nexts = new Int32Array((FEWEST_WINDOWS + 1) * NEXT_STRIDE).fill(ELSEWHERE);
  #memories: Uint8Array[] = new Array<Uint8Array>(FEWEST_WINDOWS).fill(NOBODY);
  /** Windows that are free, the one that is taken next last. */
  #free = descending(FEWEST_WINDOWS, 0);
  /** The hash table: windows plus one, 0 where there is none, and the hashes of their pages. */
  #slots = new Int32Array(2 * FEWEST_WINDOWS);
  #hashes = new Int32Array(2 * FEWEST_WINDOWS);
  #shift = 31 - Math.log2(FEWEST_WINDOWS);
  #pages = 0;
  #changes = 0;

  /** Another number after each {@link add} and {@link remove}. */
  get changes(): number {
    return this.#changes;
  }

  /** Pages that windows lie in. */
  get pages(): number {
    return this.#pages;
  }

  /**
   * Finds the bytes behind an address: first in the window where the place was before, and in that behind it.
   *
   * @param refused the direction that is as good as none
   * @returns how many there are in a row; 0 if there are none
   */
  locate(address: number, refused: number, place: DmaPlace): number {
    const numbers = this.#numbers;
    let window = place.hint;
    let at = window * STRIDE;
    // Equal or not is easy to foresee for a processor; where one scattered address lies beside another is not.
    if (address === numbers[at + STRIDE] && address < numbers[at + STRIDE + END]!) {
      window++;
      at += STRIDE;
    } else if (address < numbers[at]! || address >= numbers[at + END]!) window = -1;
    if (window < 0 || numbers[at + DIRECTION] === refused) {
      window = this.find(address, refused);
      if (window < 0) return 0;
      at = window * STRIDE;
    }
    place.hint = window;
    const memory = this.#memories[window]!;
    if (place.memory !== memory) place.memory = memory;
    // Memory has at most 4 GiB: a whole number, where the difference is one of those that are slower.
    place.offset = (address - numbers[at + BASE]!) >>> 0;
    return numbers[at + END]! - address;
  }

  /**
   * Goes on through the windows behind one, as long as they are these pieces and lead to memory in a row.
   *
   * @param words of the pieces: of each the low and the high half of its address and its length
   * @param first word of the first @param end behind the words of the last @param step words from one to the next
   * @param place where a window was found and used up to its end; then that of the last piece
   * @returns the words of the first piece that is not in the row
   */
  follow(words: Int32Array, first: number, end: number, step: number, place: DmaPlace): number {
    const nexts = this.#nexts;
    let piece = first;
    let at = (place.hint + 1) * NEXT_STRIDE;
    for (; piece < end; piece += step) {
      const length = words[piece + LENGTH]!;
      if (length <= 0 || nexts[at + MORE] !== length) break;
      if (nexts[at] !== words[piece] || nexts[at + 1] !== words[piece + 1]) break;
      at += NEXT_STRIDE;
    }
    place.hint = at / NEXT_STRIDE - 1;
    return piece;
  }

  /** The window of an address; -1 if there is none. @param refused the direction that is as good as none */
  find(address: number, refused = -1): number {
    const numbers = this.#numbers;
    const slots = this.#slots;
    for (let slot = this.#home(address / PAGE_SIZE); ; slot = (slot + 1) & (slots.length - 1)) {
      const window = slots[slot]! - 1;
      if (window < 0) return -1;
      const at = window * STRIDE;
      if (address < numbers[at + END]! && address >= numbers[at]! && numbers[at + DIRECTION] !== refused) return window;
    }
  }

  /** Bytes of a window. */
  length(window: number): number {
    const at = window * STRIDE;
    return this.#numbers[at + END]! - this.#numbers[at]!;
  }

  add(start: number, end: number, memory: Uint8Array, base: number, direction: DmaDirection): void {
    if (end <= start) return;
    this.#changes++;
    if (this.#free.length === 0) this.#grow();
    const window = this.#free.pop()!;
    const numbers = this.#numbers;
    const at = window * STRIDE;
    numbers[at] = start;
    numbers[at + END] = end;
    numbers[at + BASE] = base;
    numbers[at + DIRECTION] = DIRECTION_CODES[direction];
    this.#memories[window] = memory;
    const next = window * NEXT_STRIDE;
    this.#nexts[next] = start;
    this.#nexts[next + 1] = start / 2 ** 32;
    this.#nexts[next + MORE] = this.#goesOn(window) ? end - start : ELSEWHERE;
    for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < end; page++) {
      if (++this.#pages * 2 > this.#slots.length) this.#widen();
      this.#put(window + 1, Math.imul(page, SPREAD));
    }
  }

  /** The window that was added like this; -1 if there is none. */
  search(start: number, end: number, memory: Uint8Array, direction: DmaDirection): number {
    const numbers = this.#numbers;
    const code = DIRECTION_CODES[direction];
    const slots = this.#slots;
    for (let slot = this.#home(start / PAGE_SIZE); slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
      const window = slots[slot]! - 1;
      const at = window * STRIDE;
      if (numbers[at] !== start || numbers[at + END] !== end || numbers[at + DIRECTION] !== code) continue;
      if (this.#memories[window] === memory) return window;
    }
    return -1;
  }

  remove(window: number): void {
    this.#changes++;
    const numbers = this.#numbers;
    const at = window * STRIDE;
    const end = numbers[at + END]!;
    for (let page = Math.floor(numbers[at]! / PAGE_SIZE); page * PAGE_SIZE < end; page++) this.#clear(window + 1, page);
    numbers[at + END] = 0;
    // There is no coming here any more, nor from here to the next one.
    this.#nexts[window * NEXT_STRIDE + MORE] = ELSEWHERE;
    this.#nexts[(window + 1) * NEXT_STRIDE + MORE] = ELSEWHERE;
    this.#memories[window] = NOBODY;
    this.#free.push(window);
  }

  /** Whether a window continues, in memory, the one before it. */
  #goesOn(window: number): boolean {
    if (window === 0 || this.#memories[window - 1] !== this.#memories[window]) return false;
    const numbers = this.#numbers;
    const at = window * STRIDE;
    const before = at - STRIDE;
    if (numbers[at + END]! - numbers[at]! > MOST_BYTES) return false;
    if (numbers[before + DIRECTION] !== numbers[at + DIRECTION]) return false;
    return numbers[before + END]! - numbers[before + BASE]! === numbers[at]! - numbers[at + BASE]!;
  }

  #home(page: number): number {
    return Math.imul(Math.floor(page), SPREAD) >>> this.#shift;
  }

  #put(entry: number, hash: number): void {
    const slots = this.#slots;
    let slot = hash >>> this.#shift;
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = entry;
    this.#hashes[slot] = hash;
  }

  #clear(entry: number, page: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#home(page);
    while (slots[hole] !== entry) hole = (hole + 1) & mask;
    this.#pages--;
    // What was displaced moves up, so that a search may stop at the first slot that is free.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashes[slot]! >>> this.#shift;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot]!;
      this.#hashes[hole] = this.#hashes[slot]!;
      hole = slot;
    }
    slots[hole] = 0;
  }

  #grow(): void {
    const count = this.#memories.length;
    const numbers = new Float64Array((2 * count + 1) * STRIDE);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const nexts = new Int32Array((2 * count + 1) * NEXT_STRIDE).fill(ELSEWHERE);
    nexts.set(this.#nexts);
    this.#nexts = nexts;
    this.#memories = [...this.#memories, ...new Array<Uint8Array>(count).fill(NOBODY)];
    this.#free = descending(2 * count, count);
  }

  #widen(): void {
    const slots = this.#slots;
    const hashes = this.#hashes;
    this.#slots = new Int32Array(2 * slots.length);
    this.#hashes = new Int32Array(2 * slots.length);
    this.#shift--;
    for (let slot = 0; slot < slots.length; slot++) if (slots[slot] !== 0) this.#put(slots[slot]!, hashes[slot]!);
  }
}

/** The numbers below `end`, down to `first`. */
function descending(end: number, first: number): number[] {
  return Array.from({ length: end - first }, (_, index) => end - 1 - index);
}
