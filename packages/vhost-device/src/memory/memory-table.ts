import type { MemoryRegion } from './memory-region.ts';

/** The memory that the front end shares with SET_MEM_TABLE. */
export class MemoryTable {
  #regions: readonly MemoryRegion[] = [];
  /** Region of the latest address. Most addresses are in the same region as the one before. */
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

/** Also false for lengths and offsets that are negative or not numbers. */
const holds = (region: MemoryRegion, offset: number, length: number): boolean =>
  offset >= 0 && length >= 0 && offset + length <= region.bytes.length;
