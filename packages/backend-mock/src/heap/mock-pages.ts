import { InputError, KernelError, seededRandom } from '@gadgetloom/core';
import { PAGE_SIZE, type ScatterEntry } from '@gadgetloom/dmabuf';
import { allocateMemory, freeMemory, type PageSource, type Pages } from '@gadgetloom/dmabuf/model';
import type { FaultBoard } from '../faults/fault-board.ts';
import { FAULT_BOARD, type MockFaults } from '../faults/mock-faults.ts';

/** Where the pages of a buffer lie for a device: in one run, or in runs of one to seven pages all over memory. */
export type PageLayout = 'contiguous' | 'scattered';

export interface MockPagesOptions {
  /** `'contiguous'` unless given. */
  readonly layout?: PageLayout;
  /** Of the addresses and runs of `'scattered'`; 1 unless given. */
  readonly seed?: number;
  /** Bytes that the heap has in all; an allocation beyond is ENOMEM. No limit unless given. */
  readonly budget?: number;
  /** Bytes of the largest allocation; a larger one is ENOMEM. No limit unless given. */
  readonly largest?: number;
  /** Memory also runs out when these say so. */
  readonly faults?: MockFaults;
}

/** Pages from one place for a run to the next; runs are shorter, so that two never touch. */
const SLOT_PAGES = 8;
/** Address of the first page that a device may see; below it, nothing is mapped. */
const FIRST_ADDRESS = 0x1000_0000;

/** Zeroed pages at addresses that depend on the seed alone. Freed memory becomes unreadable at once. */
export class MockPages implements PageSource {
  readonly #layout: PageLayout;
  readonly #budget: number;
  readonly #largest: number;
  readonly #faults: FaultBoard | undefined;
  readonly #random: () => number;
  readonly #step: number;
  #nextSlot: number;
  #nextAddress = FIRST_ADDRESS;
  #used = 0;

  /** @throws InputError a limit is negative */
  constructor(options: MockPagesOptions = {}) {
    const { layout = 'contiguous', seed = 1, budget, largest, faults } = options;
    this.#layout = layout;
    this.#budget = parseLimit('budget', budget);
    this.#largest = parseLimit('largest', largest);
    this.#faults = faults?.[FAULT_BOARD];
    this.#random = seededRandom(seed);
    // An odd step visits every slot before it comes back to one.
    this.#step = (Math.floor(this.#random() * 0x4000_0000) * 2 + 1) | 0;
    this.#nextSlot = Math.floor(this.#random() * 0x1_0000_0000);
  }

  /** Bytes that are allocated now. */
  get used(): number {
    return this.#used;
  }

  allocate(size: number): Pages {
    if (this.#faults?.exhausts('allocate')) throw noMemory(size, 'this fault was asked for.');
    if (size > this.#largest) throw noMemory(size, `one allocation gets at most ${this.#largest} bytes.`);
    if (this.#used + size > this.#budget)
      throw noMemory(size, `${this.#used} of ${this.#budget} bytes are in use; close buffers first.`);
    const memory = allocateMemory(size);
    const entries = this.#layout === 'contiguous' ? [this.#oneRun(memory)] : this.#scatter(memory);
    this.#used += size;
    return new MockBufferPages(memory, entries, this.#faults, () => {
      this.#used -= size;
    });
  }

  #oneRun(memory: Uint8Array): ScatterEntry {
    const dmaAddress = this.#nextAddress;
    this.#nextAddress += memory.length;
    return { dmaAddress, length: memory.length, memory, offset: 0 };
  }

  #scatter(memory: Uint8Array): ScatterEntry[] {
    const entries: ScatterEntry[] = [];
    for (let offset = 0; offset < memory.length; ) {
      const pages = 1 + Math.floor(this.#random() * (SLOT_PAGES - 1));
      const length = Math.min(pages * PAGE_SIZE, memory.length - offset);
      entries.push({ dmaAddress: FIRST_ADDRESS + this.#slot() * SLOT_PAGES * PAGE_SIZE, length, memory, offset });
      offset += length;
    }
    return entries;
  }

  #slot(): number {
    this.#nextSlot = (this.#nextSlot + this.#step) >>> 0;
    return this.#nextSlot;
  }
}

/** The pages of one buffer; a fault may keep devices from getting at them. */
class MockBufferPages implements Pages {
  readonly memory: Uint8Array;
  readonly #entries: readonly ScatterEntry[];
  readonly #faults: FaultBoard | undefined;
  readonly #freed: () => void;

  constructor(memory: Uint8Array, entries: readonly ScatterEntry[], faults: FaultBoard | undefined, freed: () => void) {
    this.memory = memory;
    this.#entries = entries;
    this.#faults = faults;
    this.#freed = freed;
  }

  /** Asked for once per attachment, as system_heap_attach copies its table. */
  get entries(): readonly ScatterEntry[] {
    if (this.#faults?.exhausts('attach'))
      throw new KernelError(
        'ENOMEM',
        'dma_buf_attach',
        'No memory for the scatter-gather table: this fault was asked for.',
      );
    return this.#entries;
  }

  free(): void {
    freeMemory(this.memory);
    this.#freed();
  }
}

function parseLimit(field: string, limit = Number.POSITIVE_INFINITY): number {
  if (limit >= 0) return limit;
  throw new InputError(`${field}: ${limit} is no number of bytes; a number from 0 on is.`, { field });
}

function noMemory(size: number, reason: string): KernelError {
  return new KernelError('ENOMEM', 'DMA_HEAP_IOCTL_ALLOC', `No room for ${size} bytes: ${reason}`);
}
