import { seededRandom } from '@gadgetloom/core';
import { PAGE_SIZE } from '../uapi.ts';

/** Layout of the pages of a buffer for a device: one run, or runs of one to seven pages all over memory. */
export type PageLayout = 'contiguous' | 'scattered';

/** Options of {@link PageAddresses}. */
export interface PageAddressesOptions {
  /** `'contiguous'` unless given. */
  readonly layout?: PageLayout | undefined;
  /** Seed of the addresses and runs of `'scattered'`; 1 unless given. */
  readonly seed?: number | undefined;
}

/** Pages from one place for a run to the next; runs are shorter, so that two never touch. */
const SLOT_PAGES = 8;
/** Address of the first page that a device may see; below it are the addresses of linear memory. */
const FIRST_ADDRESS = 0x1000_0000;

/** Gives each page an address by the layout and the seed. No address is used twice. */
export class PageAddresses {
  readonly #scattered: boolean;
  readonly #random: () => number;
  readonly #step: number;
  #nextSlot: number;
  #nextAddress = FIRST_ADDRESS;

  constructor({ layout = 'contiguous', seed = 1 }: PageAddressesOptions = {}) {
    this.#scattered = layout === 'scattered';
    this.#random = seededRandom(seed);
    // An odd step visits every slot before it comes back to one.
    this.#step = (Math.floor(this.#random() * 0x4000_0000) * 2 + 1) | 0;
    this.#nextSlot = Math.floor(this.#random() * 0x1_0000_0000);
  }

  /** The address of a run, and how many of at most `pages` pages it has. */
  take(pages: number): readonly [address: number, pages: number] {
    if (this.#scattered) {
      const run = Math.min(pages, 1 + Math.floor(this.#random() * (SLOT_PAGES - 1)));
      this.#nextSlot = (this.#nextSlot + this.#step) >>> 0;
      return [FIRST_ADDRESS + this.#nextSlot * SLOT_PAGES * PAGE_SIZE, run];
    }
    const address = this.#nextAddress;
    this.#nextAddress += pages * PAGE_SIZE;
    return [address, pages];
  }
}
