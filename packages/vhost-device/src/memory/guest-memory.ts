import { copyBytes } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import type { MemoryTable } from './memory-table.ts';

/**
 * The guest's memory as a PCI function reaches it. An address outside is a fault: `false`, -1 or `undefined`. Every
 * address is a fault until the driver has made the function a bus master.
 *
 * Words at multiples of 4 are read and written atomically and in order: a driver that sees a word also sees everything
 * written before it, and vice versa.
 */
export class GuestMemory implements DmaMemory {
  /** Whether the function may reach memory: bit 2 of its command register. */
  readonly #mastering: () => boolean;
  readonly #table: MemoryTable;

  constructor(table: MemoryTable, mastering: () => boolean) {
    this.#table = table;
    this.#mastering = mastering;
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    const region = this.#mastering() ? this.#table.find(address, length) : undefined;
    if (region === undefined || length > target.length - at) return false;
    const from = address - region.guestAddress;
    copyBytes(target, at, region.bytes, from, from + length);
    return true;
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    const region = this.#mastering() ? this.#table.find(address, length) : undefined;
    if (region === undefined || length > source.length - at) return false;
    copyBytes(region.bytes, address - region.guestAddress, source, at, at + length);
    return true;
  }

  read32(address: number): number {
    const region = this.#mastering() ? this.#table.find(address, 4) : undefined;
    return region === undefined ? -1 : region.read32(address - region.guestAddress);
  }

  write32(address: number, value: number): boolean {
    const region = this.#mastering() ? this.#table.find(address, 4) : undefined;
    if (region === undefined) return false;
    region.write32(address - region.guestAddress, value);
    return true;
  }

  /**
   * The memory itself, for moving bytes without an extra copy. It is valid until the callback or call that
   * asked for it returns: afterwards the guest may have taken its memory back, and the view is empty.
   */
  view(address: number, length: number): Uint8Array | undefined {
    const region = this.#mastering() ? this.#table.find(address, length) : undefined;
    if (region === undefined) return undefined;
    const from = address - region.guestAddress;
    return region.bytes.subarray(from, from + length);
  }
}
