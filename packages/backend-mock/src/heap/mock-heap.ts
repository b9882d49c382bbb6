import type { AllocateOptions, DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import { type DmaBufModel, HeapModel, SimulatedPages, type SimulatedPagesOptions } from '@gadgetloom/dmabuf/model';
import { FAULT_BOARD, type MockFaults } from '../faults/mock-faults.ts';

/** What a {@link MockHeap} is made with. */
export interface MockHeapOptions extends Omit<SimulatedPagesOptions, 'exhausts'> {
  /** Memory also runs out when these say so. */
  readonly faults?: MockFaults;
  /** Name of the heap and exporter of its buffers; `'mock'` unless given. */
  readonly name?: string;
}

/**
 * A heap of simulated memory with the rules of /dev/dma_heap (drivers/dma-buf/dma-heap.c, heaps/system_heap.c), whose
 * pages lie where the test wants them, and which runs out of memory when the test wants it.
 */
export class MockHeap implements DmaBufExporter {
  readonly name: string;
  readonly #heap: HeapModel;
  readonly #pages: SimulatedPages;

  constructor(options: MockHeapOptions & { readonly model: DmaBufModel }) {
    const { model, name = 'mock', faults, ...pages } = options;
    const board = faults?.[FAULT_BOARD];
    this.name = name;
    this.#pages = new SimulatedPages(
      board === undefined ? pages : { ...pages, exhausts: (call) => board.exhausts(call) },
    );
    this.#heap = new HeapModel({ model, name, pages: this.#pages });
  }

  /** Bytes that are allocated now: of all buffers that are open, attached or in flight. */
  get used(): number {
    return this.#pages.used;
  }

  allocate(options: AllocateOptions): DmaBuf {
    return this.#heap.allocate(options);
  }
}
