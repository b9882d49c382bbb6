import { InputError, KernelError } from '@gadgetloom/core';
import type { ScatterEntry } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';
import { PageAddresses, type PageAddressesOptions } from './page-addresses.ts';
import { allocateMemory, freeMemory, type PageSource, type Pages } from './pages.ts';

/** Decides whether memory runs out although there is some. `true` fails the call. */
export type ExhaustMemory = (call: 'allocate' | 'attach') => boolean;

/** Options of {@link SimulatedPages}. */
export interface SimulatedPagesOptions extends PageAddressesOptions {
  /** Source of addresses that is shared with other heaps. Without it, `layout` and `seed` make one. */
  readonly addresses?: PageAddresses | undefined;
  /** Bytes that the heap has in all; an allocation beyond is ENOMEM. No limit unless given. */
  readonly budget?: number | undefined;
  /** Bytes of the largest allocation; a larger one is ENOMEM. No limit unless given. */
  readonly largest?: number | undefined;
  /** Memory also runs out when this says so; asked at each call. */
  readonly exhausts?: ExhaustMemory | undefined;
}

/** Zeroed pages at addresses that depend on the seed alone. Freed memory becomes unreadable at once. */
export class SimulatedPages implements PageSource {
  readonly #addresses: PageAddresses;
  readonly #budget: number;
  readonly #largest: number;
  readonly #exhausts: ExhaustMemory | undefined;
  #used = 0;

  /** @throws InputError a limit is negative */
  constructor(options: SimulatedPagesOptions = {}) {
    const { layout, seed, addresses = new PageAddresses({ layout, seed }), budget, largest, exhausts } = options;
    this.#addresses = addresses;
    this.#budget = parseLimit('budget', budget);
    this.#largest = parseLimit('largest', largest);
    this.#exhausts = exhausts;
  }

  /** Bytes that are allocated now. */
  get used(): number {
    return this.#used;
  }

  allocate(size: number): Pages {
    if (this.#exhausts?.('allocate')) throw noMemory(size, 'a fault of the test struck.');
    if (size > this.#largest) throw noMemory(size, `one allocation gets at most ${this.#largest} bytes.`);
    if (this.#used + size > this.#budget)
      throw noMemory(size, `${this.#used} of ${this.#budget} bytes are in use; close buffers first.`);
    const memory = allocateMemory(size);
    const entries = this.#place(memory);
    this.#used += size;
    return new BufferPages(memory, entries, this.#exhausts, () => {
      this.#used -= size;
    });
  }

  #place(memory: Uint8Array): ScatterEntry[] {
    const entries: ScatterEntry[] = [];
    for (let offset = 0; offset < memory.length; ) {
      const [dmaAddress, pages] = this.#addresses.take((memory.length - offset) / PAGE_SIZE);
      const length = pages * PAGE_SIZE;
      entries.push({ dmaAddress, length, memory, offset });
      offset += length;
    }
    return entries;
  }
}

/** The pages of one buffer; a fault may keep devices from getting at them. */
class BufferPages implements Pages {
  readonly memory: Uint8Array;
  readonly #entries: readonly ScatterEntry[];
  readonly #exhausts: ExhaustMemory | undefined;
  readonly #freed: () => void;

  constructor(
    memory: Uint8Array,
    entries: readonly ScatterEntry[],
    exhausts: ExhaustMemory | undefined,
    freed: () => void,
  ) {
    this.memory = memory;
    this.#entries = entries;
    this.#exhausts = exhausts;
    this.#freed = freed;
  }

  /** Read once for each attachment, as system_heap_attach copies its table. */
  get entries(): readonly ScatterEntry[] {
    if (this.#exhausts?.('attach'))
      throw new KernelError(
        'ENOMEM',
        'dma_buf_attach',
        'No memory for the scatter-gather table: a fault of the test struck.',
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
  throw new InputError(`${field}: ${limit} is not a number of bytes. Pass a number from 0 on.`, { field });
}

function noMemory(size: number, reason: string): KernelError {
  return new KernelError('ENOMEM', 'DMA_HEAP_IOCTL_ALLOC', `No room for ${size} bytes: ${reason}`);
}
