import type { MemoryRegion } from '../memory/memory-region.ts';
import type { MemoryTable } from '../memory/memory-table.ts';
import { violation } from '../violation.ts';
import {
  ALIGNMENT,
  AVAILABLE_HEADER_BYTES,
  DESCRIPTOR_BYTES,
  DescriptorFlag,
  NO_INTERRUPT,
  NO_NOTIFY,
  USED_ELEMENT_BYTES,
  USED_HEADER_BYTES,
} from './layout.ts';

/** Addresses of the parts of a queue, in the front end. */
export interface QueueAddresses {
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

/** Up to this length a loop is faster than a call of `set`. */
const SHORT = 64;

/** Most bytes that the driver may pass to the device in one chain. */
export const LONGEST_REQUEST = 16 + 65_536;

/**
 * The device's end of a split virtqueue. It handles one chain of descriptors at a time: {@link take} fetches it, and
 * {@link put} gives it back. Everything that the driver wrote is read once, and checked when it is read.
 */
export class Virtqueue {
  /** The driver's bytes in the current chain. */
  readonly request = new Uint8Array(LONGEST_REQUEST);
  /** Number of valid bytes in {@link request}. */
  requestLength = 0;
  /** Number of bytes that the device may write in the current chain. */
  room = 0;

  readonly #name: string;
  readonly #table: MemoryTable;
  readonly #size: number;
  /** Four words each. */
  readonly #descriptors: Uint32Array;
  /** Flags, index, ring. */
  readonly #available: Uint16Array;
  /** Flags and index. */
  readonly #used: Uint16Array;
  /** Pairs of descriptor number and length. */
  readonly #usedRing: Uint32Array;
  #nextAvailable: number;
  #nextUsed: number;
  #head = 0;
  /** The parts of the current chain that the device writes; the first `#parts` of them are valid. */
  readonly #into: { region: MemoryRegion; at: number; length: number }[] = [];
  #parts = 0;

  /**
   * @param name for people
   * @param size a power of two
   * @param base of the available ring, where the device goes on
   * @throws KernelError EPROTO a part is not aligned, or not in the shared memory
   */
  constructor(name: string, table: MemoryTable, size: number, base: number, addresses: QueueAddresses) {
    this.#name = name;
    this.#table = table;
    this.#size = size;
    const part = (which: keyof QueueAddresses, length: number): [ArrayBuffer, number] => {
      const address = addresses[which];
      const region = table.findUser(address, length);
      if (region === undefined) throw this.#broken(`its ${which} part is not in the shared memory`);
      const at = region.bytes.byteOffset + address - region.userAddress;
      if (at % ALIGNMENT[which] !== 0)
        throw this.#broken(`its ${which} part must be at a multiple of ${ALIGNMENT[which]}`);
      return [region.bytes.buffer as ArrayBuffer, at];
    };
    const [descriptors, descriptorsAt] = part('descriptors', size * DESCRIPTOR_BYTES);
    const [available, availableAt] = part('available', AVAILABLE_HEADER_BYTES + 2 * size);
    const [used, usedAt] = part('used', USED_HEADER_BYTES + size * USED_ELEMENT_BYTES);
    this.#descriptors = new Uint32Array(descriptors, descriptorsAt, (size * DESCRIPTOR_BYTES) / 4);
    this.#available = new Uint16Array(available, availableAt, 2 + size);
    this.#used = new Uint16Array(used, usedAt, 2);
    this.#usedRing = new Uint32Array(used, usedAt + USED_HEADER_BYTES, 2 * size);
    this.#nextAvailable = base & 0xffff;
    this.#nextUsed = Atomics.load(this.#used, 1);
  }

  /** Number of the next chain in the driver's count. Another device would continue there. */
  get base(): number {
    return this.#nextAvailable;
  }

  /** Index of the available ring: the number of chains that the driver has made available, modulo 2^16. */
  get offered(): number {
    return Atomics.load(this.#available, 1);
  }

  /** Whether the driver requests a call when chains are given back. */
  get wantsCalls(): boolean {
    return (Atomics.load(this.#available, 0) & NO_INTERRUPT) === 0;
  }

  /** Sets whether the driver kicks for a new chain. Callers must then check for chains that arrived in the meantime. */
  set kicks(wanted: boolean) {
    Atomics.store(this.#used, 0, wanted ? 0 : NO_NOTIFY);
  }

  /**
   * Fetches the next chain, if there is one.
   *
   * @throws KernelError EPROTO the ring or the chain is invalid
   */
  take(): boolean {
    const offered = Atomics.load(this.#available, 1);
    if (offered === this.#nextAvailable) return false;
    if (((offered - this.#nextAvailable) & 0xffff) > this.#size)
      throw this.#broken(`the driver made more than ${this.#size} chains available, the size of the queue`);
    this.#head = this.#available[2 + (this.#nextAvailable & (this.#size - 1))]!;
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    this.#walk(this.#head);
    return true;
  }

  /** Copies the first `length` bytes into the writable part of the chain. There must be {@link room}. */
  reply(bytes: Uint8Array, length: number): void {
    for (let index = 0, from = 0; from < length; index++) {
      const part = this.#into[index]!;
      const end = from + part.length < length ? from + part.length : length;
      const target = part.region.bytes;
      // Usually one register: a call of `set` would take longer.
      for (let at = part.at; from < end; at++, from++) target[at] = bytes[from]!;
    }
  }

  /** Gives the chain that is in work back. @param written bytes that the device wrote */
  put(written: number): void {
    const slot = 2 * (this.#nextUsed & (this.#size - 1));
    this.#usedRing[slot] = this.#head;
    this.#usedRing[slot + 1] = written;
    this.#nextUsed = (this.#nextUsed + 1) & 0xffff;
    Atomics.store(this.#used, 1, this.#nextUsed);
  }

  #walk(head: number): void {
    const words = this.#descriptors;
    this.requestLength = 0;
    this.room = 0;
    this.#parts = 0;
    let number = head;
    for (let length = 1; ; length++) {
      if (number >= this.#size) throw this.#broken(`there is no descriptor ${number}`);
      if (length > this.#size) throw this.#broken(`the chain that begins with descriptor ${head} has no end`);
      const word = 4 * number;
      const address = words[word]! + words[word + 1]! * 2 ** 32;
      const bytes = words[word + 2]!;
      const flagsAndNext = words[word + 3]!;
      if ((flagsAndNext & DescriptorFlag.INDIRECT) !== 0)
        throw this.#broken('indirect descriptors were not offered (VIRTIO_F_INDIRECT_DESC)');
      const region = this.#table.find(address, bytes);
      if (region === undefined)
        throw this.#broken(`${bytes} bytes at 0x${address.toString(16)} are not in the shared memory`);
      if ((flagsAndNext & DescriptorFlag.WRITE) === 0) this.#gather(region, address - region.guestAddress, bytes);
      else this.#offer(region, address - region.guestAddress, bytes);
      if ((flagsAndNext & DescriptorFlag.NEXT) === 0) return;
      number = flagsAndNext >>> 16;
    }
  }

  #gather(region: MemoryRegion, at: number, length: number): void {
    if (this.#parts > 0) throw this.#broken('a part that the device reads comes after one that it writes');
    if (this.requestLength + length > LONGEST_REQUEST)
      throw this.#broken(`a request has at most ${LONGEST_REQUEST} bytes`);
    const source = region.bytes;
    if (length <= SHORT) {
      for (let byte = 0; byte < length; byte++) this.request[this.requestLength + byte] = source[at + byte]!;
    } else this.request.set(source.subarray(at, at + length), this.requestLength);
    this.requestLength += length;
  }

  #offer(region: MemoryRegion, at: number, length: number): void {
    const part = this.#into[this.#parts];
    if (part === undefined) this.#into.push({ region, at, length });
    else {
      part.region = region;
      part.at = at;
      part.length = length;
    }
    this.#parts++;
    this.room += length;
  }

  #broken(sentence: string): Error {
    return violation(`virtqueue ${this.#name}`, sentence);
  }
}
