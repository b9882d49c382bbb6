import type { AllocateOptions, DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import { type DmaBufModel, HeapModel } from '@gadgetloom/dmabuf/model';
import { MockPages, type MockPagesOptions } from './mock-pages.ts';

/** What a {@link MockHeap} is made with. */
export interface MockHeapOptions extends MockPagesOptions {
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
  readonly #pages: MockPages;

  constructor(options: MockHeapOptions & { readonly model: DmaBufModel }) {
    const { model, name = 'mock', ...pages } = options;
    this.name = name;
    this.#pages = new MockPages(pages);
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
