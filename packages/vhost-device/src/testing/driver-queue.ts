import {
  AVAILABLE_HEADER_BYTES,
  DESCRIPTOR_BYTES,
  DescriptorFlag,
  NO_NOTIFY,
  USED_ELEMENT_BYTES,
  USED_HEADER_BYTES,
} from '../virtqueue/layout.ts';

/** A part of a chain of descriptors: guest address and bytes. */
export interface ChainPart {
  readonly address: number;
  readonly length: number;
  /** Whether the device writes to it. */
  readonly writable?: boolean;
}

/** A chain that the device has given back. */
export interface UsedChain {
  /** Its first descriptor. */
  readonly head: number;
  /** Bytes that the device wrote. */
  readonly written: number;
}

/** The driver's end of a split virtqueue. */
export class DriverQueue {
  /** Bytes that a queue takes in memory. */
  static bytes(size: number): number {
    return align(DriverQueue.#usedAt(size) + USED_HEADER_BYTES + size * USED_ELEMENT_BYTES);
  }

  static #usedAt(size: number): number {
    return align(size * DESCRIPTOR_BYTES + AVAILABLE_HEADER_BYTES + 2 * size);
  }

  readonly size: number;
  /** Where its parts are, from the beginning of the memory. */
  readonly offsets: { readonly descriptors: number; readonly available: number; readonly used: number };
  /** Four words each. */
  readonly descriptors: Uint32Array;
  /** Flags, index, ring. */
  readonly available: Uint16Array;
  /** Flags and index. */
  readonly used: Uint16Array;
  readonly #usedRing: Uint32Array;
  #reaped = 0;

  /** @param at where it begins in the memory; a multiple of 16 */
  constructor(memory: ArrayBuffer, at: number, size: number) {
    const available = at + size * DESCRIPTOR_BYTES;
    const used = at + DriverQueue.#usedAt(size);
    this.size = size;
    this.offsets = { descriptors: at, available, used };
    this.descriptors = new Uint32Array(memory, at, size * 4);
    this.available = new Uint16Array(memory, available, 2 + size);
    this.used = new Uint16Array(memory, used, 2);
    this.#usedRing = new Uint32Array(memory, used + USED_HEADER_BYTES, 2 * size);
  }

  /** Whether the device wants to be kicked. */
  get wantsKicks(): boolean {
    return (Atomics.load(this.used, 0) & NO_NOTIFY) === 0;
  }

  /** Hands a chain over, whose descriptors follow each other. @param head its first descriptor */
  offer(head: number, parts: readonly ChainPart[]): void {
    parts.forEach(({ address, length, writable = false }, index) => {
      const last = index === parts.length - 1;
      const flags = (writable ? DescriptorFlag.WRITE : 0) | (last ? 0 : DescriptorFlag.NEXT);
      this.describe(head + index, address, length, flags, last ? 0 : head + index + 1);
    });
    this.publish(head);
  }

  /** Writes one descriptor. */
  describe(index: number, address: number, length: number, flags: number, next: number): void {
    const words = [address >>> 0, Math.floor(address / 2 ** 32), length, flags | (next << 16)];
    this.descriptors.set(words, 4 * index);
  }

  /** Puts the number of a chain's first descriptor into the available ring. */
  publish(head: number): void {
    const index = this.available[1]!;
    this.available[2 + (index % this.size)] = head;
    Atomics.store(this.available, 1, index + 1);
  }

  /** The next chain that the device has given back. */
  reap(): UsedChain | undefined {
    if (Atomics.load(this.used, 1) === this.#reaped) return undefined;
    const slot = 2 * (this.#reaped % this.size);
    this.#reaped = (this.#reaped + 1) & 0xffff;
    return { head: this.#usedRing[slot]!, written: this.#usedRing[slot + 1]! };
  }
}

const align = (offset: number): number => Math.ceil(offset / DESCRIPTOR_BYTES) * DESCRIPTOR_BYTES;
