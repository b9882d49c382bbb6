import { constants } from 'node:buffer';
import { fstatSync } from 'node:fs';
import { errnoCode } from '@gadgetloom/core';
import type { Addon } from '@gadgetloom/linux-native';
import { closeDescriptors } from '../descriptors.ts';
import { MemoryRegion } from '../memory/memory-region.ts';
import type { MemoryTable } from '../memory/memory-table.ts';
import { violation } from '../violation.ts';
import type { Message } from './message.ts';
import { REGION_BYTES, TABLE_HEADER_BYTES } from './requests.ts';

/** Limits of an array and of a processor's addresses. */
const LARGEST_REGION = Math.min(constants.MAX_LENGTH, 2 ** 40);

interface RegionDescription {
  readonly guestAddress: number;
  readonly size: number;
  readonly userAddress: number;
  readonly offset: number;
}

/** The mappings of the memory that the front end shares: a {@link MemoryTable}'s regions, and their end. */
export class SharedMemory implements Disposable {
  readonly #addon: Addon;
  readonly #table: MemoryTable;
  #mappings: (readonly [ArrayBuffer, object])[] = [];

  constructor(addon: Addon, table: MemoryTable) {
    this.#addon = addon;
    this.#table = table;
  }

  /**
   * Maps the regions of a SET_MEM_TABLE, in place of the earlier ones.
   *
   * @throws KernelError EPROTO the table is invalid; the earlier regions are unmapped too
   */
  replace(message: Message): void {
    this[Symbol.dispose]();
    const regions = describe(message).map((description, index) => {
      const descriptor = message.takeDescriptor();
      try {
        return this.#map(description, index, descriptor);
      } finally {
        closeDescriptors(descriptor);
      }
    });
    this.#table.replace(regions);
  }

  [Symbol.dispose](): void {
    this.#table.replace([]);
    for (const [memory, handle] of this.#mappings.splice(0)) this.#addon.unmap(memory, handle);
  }

  #map(
    { guestAddress, userAddress, size, offset }: RegionDescription,
    index: number,
    descriptor: number,
  ): MemoryRegion {
    const file = fstatSync(descriptor);
    // Memory beyond the end of a file can be mapped, but touching it kills the process.
    if (!file.isFile() || offset + size > file.size)
      throw refused(
        index,
        `it has ${size} bytes from ${offset} on, and its file ${file.isFile() ? file.size : 'none'}`,
      );
    const mapping = this.#addon.mmap(descriptor, size, offset);
    if (typeof mapping === 'number') throw refused(index, `it cannot be mapped: ${errnoCode(-mapping)}`);
    this.#mappings.push(mapping);
    return new MemoryRegion(guestAddress, userAddress, new Uint8Array(mapping[0]));
  }
}

function describe(message: Message): RegionDescription[] {
  const count = message.payload.getUint32(0, true);
  const room = (message.payload.byteLength - TABLE_HEADER_BYTES) / REGION_BYTES;
  // Front ends send room for more regions than they use.
  if (count > room) throw violation(message.name, `it announces ${count} regions, but has room for ${room}`);
  if (message.descriptors !== count)
    throw violation(
      message.name,
      `it must have a descriptor for each of ${count} regions, but has ${message.descriptors}`,
    );
  const regions = Array.from({ length: count }, (_, index) => {
    const at = TABLE_HEADER_BYTES + index * REGION_BYTES;
    const [guestAddress, size] = [message.number(at), message.number(at + 8)];
    return { guestAddress, size, userAddress: message.number(at + 16), offset: message.number(at + 24) };
  });
  regions.forEach((region, index) => {
    const { guestAddress, userAddress, size } = region;
    if (size === 0 || size > LARGEST_REGION) throw refused(index, `a region has 1 to ${LARGEST_REGION} bytes`);
    if (Math.max(guestAddress, userAddress, region.offset) + size > Number.MAX_SAFE_INTEGER)
      throw refused(index, 'its addresses are beyond 2^53');
    const other = regions.findIndex((one) => one !== region && overlap(one, region));
    if (other >= 0) throw refused(index, `it overlaps region ${other}`);
  });
  return regions;
}

const overlap = (one: RegionDescription, other: RegionDescription): boolean =>
  one.guestAddress < other.guestAddress + other.size && other.guestAddress < one.guestAddress + one.size;

const refused = (index: number, sentence: string): Error =>
  violation('SET_MEM_TABLE', `region ${index} is refused: ${sentence}`);
