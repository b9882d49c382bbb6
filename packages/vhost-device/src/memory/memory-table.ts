import type { MemoryRegion } from './memory-region.ts';

/** The memory that the front end shares: what SET_MEM_TABLE said. */
export class MemoryTable {
  #regions: readonly MemoryRegion[] = [];
  /** Where the latest address was: the next one is mostly there, too. */
  #latest: MemoryRegion | undefined;

  /** Regions that do not overlap. */
  replace(regions: readonly MemoryRegion[]): void {
    this.#regions = regions;
    this.#latest = regions[0];
  }

  /** The region that holds `length` bytes from a guest address on. */
  find(address: number, length: number): MemoryRegion | undefined {
    const latest = this.#latest;
    if (latest !== undefined && holds(latest, address - latest.guestAddress, length)) return latest;
    for (const region of this.#regions) {
      if (!holds(region, address - region.guestAddress, length)) continue;
      this.#latest = region;
      return region;
    }
    return undefined;
  }

  /** The region that holds `length` bytes from an address of the front end on. */
  findUser(address: number, length: number): MemoryRegion | undefined {
    return this.#regions.find((region) => holds(region, address - region.userAddress, length));
  }
}

/** Also false for lengths and offsets that are no numbers, or negative. */
const holds = (region: MemoryRegion, offset: number, length: number): boolean =>
  offset >= 0 && length >= 0 && offset + length <= region.bytes.length;
