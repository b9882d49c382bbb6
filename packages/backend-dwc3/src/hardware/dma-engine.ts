import { copyBytes } from '@gadgetloom/core';
import type { DmaMemory, DmaPlace } from '@gadgetloom/dmabuf';

const NOTHING = new Uint8Array(0);

/**
 * Copies the pieces of a transfer between memory and the bus. Pieces that follow each other on both sides are copied at
 * once, at the latest by {@link end}: a buffer of scattered pages is one array of this process after all.
 */
export class DmaEngine {
  readonly #memory: DmaMemory;
  readonly #place: DmaPlace = { memory: NOTHING, offset: 0, hint: 0 };
  #source: Uint8Array = NOTHING;
  #from = 0;
  #target: Uint8Array = NOTHING;
  #to = 0;
  #length = 0;
  /** Bytes that are left of the row of addresses that was used last. */
  #rest = -1;

  constructor(memory: DmaMemory) {
    this.#memory = memory;
  }

  /** Begins a stream of accesses. @param hint what ending it gave the last time; see DmaPlace */
  begin(hint: number): void {
    this.#place.hint = hint;
  }

  /** Copies what waits. @returns the hint for the next time */
  end(): number {
    this.#flush();
    return this.#place.hint;
  }

  /** From memory into `target[at ...]`. @returns false at a fault; a part may have moved */
  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    if (this.tryRead(address, target, at, length)) return true;
    this.#flush();
    return this.#memory.read(address, target, at, length);
  }

  /** From `source[at ...]` to memory. @returns false at a fault; a part may have moved */
  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    if (this.tryWrite(address, source, at, length)) return true;
    this.#flush();
    return this.#memory.write(address, source, at, length);
  }

  /** As {@link read}, but only what is in one piece. @returns false, and nothing happens, where it is not */
  tryRead(address: number, target: Uint8Array, at: number, length: number): boolean {
    const place = this.#place;
    const found = this.#memory.locate?.(address, 'read', place);
    if (found === undefined || found < length) return false;
    this.#rest = found - length;
    this.#add(place.memory, place.offset, target, at, length);
    return true;
  }

  /** As {@link write}, but only what is in one piece. @returns false, and nothing happens, where it is not */
  tryWrite(address: number, source: Uint8Array, at: number, length: number): boolean {
    const place = this.#place;
    const found = this.#memory.locate?.(address, 'write', place);
    if (found === undefined || found < length) return false;
    this.#rest = found - length;
    this.#add(source, at, place.memory, place.offset, length);
    return true;
  }

  /**
   * Finds the pieces that lie behind the one before on both sides. Only directly after that: {@link read} and {@link write} find
   * out what this takes for granted.
   *
   * @param words of the pieces @param first of the first @param end behind the words of the last
   * @param step see DmaMemory.follow
   * @returns the words of the first piece that does not; {@link extend} moves those before, or some of them
   */
  follow(words: Int32Array, first: number, end: number, step: number): number {
    if (this.#rest !== 0) return first;
    return this.#memory.follow?.(words, first, end, step, this.#place) ?? first;
  }

  /** Moves bytes that {@link follow} has found, from the first of them on. */
  extend(bytes: number): void {
    this.#length += bytes;
  }

  /** Copies what waits: before anybody else looks at the memory. */
  #flush(): void {
    const length = this.#length;
    if (length === 0) return;
    copyBytes(this.#target, this.#to, this.#source, this.#from, this.#from + length);
    this.#length = 0;
    this.#rest = -1;
  }

  #add(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
    const waiting = this.#length;
    if (
      from === this.#from + waiting &&
      to === this.#to + waiting &&
      source === this.#source &&
      target === this.#target
    ) {
      this.#length = waiting + length;
      return;
    }
    this.#flush();
    this.#source = source;
    this.#from = from;
    this.#target = target;
    this.#to = to;
    this.#length = length;
  }
}
