import { KernelError } from '@gadgetloom/core';
import type { AllocateOptions, DmaBufExporter } from '../exporter.ts';
import type { ScatterTable } from '../scatter-list.ts';
import { O_ACCMODE, O_CLOEXEC, O_RDWR } from '../uapi.ts';
import type { DmaBufObject } from './buffer-object.ts';
import type { DmaBufFile } from './dma-buf-file.ts';
import type { DmaBufOps } from './exporter-ops.ts';
import type { DmaBufModel } from './model.ts';
import { type PageSource, type Pages, pageAlign } from './pages.ts';

const ALLOC = 'DMA_HEAP_IOCTL_ALLOC';
const VALID_FD_FLAGS = O_CLOEXEC | O_ACCMODE;

/** Options of a {@link HeapModel}. */
export interface HeapModelOptions {
  readonly model: DmaBufModel;
  /** Name of the heap, and of the exporter of its buffers: `'system'`. */
  readonly name: string;
  readonly pages: PageSource;
}

/**
 * A heap of /dev/dma_heap, over any source of pages: all simulated backends share its rules.
 * Source: drivers/dma-buf/dma-heap.c, heaps/system_heap.c.
 */
export class HeapModel implements DmaBufExporter {
  readonly name: string;
  readonly #model: DmaBufModel;
  readonly #source: PageSource;

  /** @throws KernelError EINVAL no name */
  constructor(options: HeapModelOptions) {
    if (options.name === '') throw new KernelError('EINVAL', 'dma_heap_add', 'A heap needs a name.');
    this.name = options.name;
    this.#model = options.model;
    this.#source = options.pages;
  }

  allocate(options: AllocateOptions): DmaBufFile {
    const { size, fdFlags = O_RDWR | O_CLOEXEC, heapFlags = 0 } = options;
    if ((fdFlags & ~VALID_FD_FLAGS) !== 0)
      throw new KernelError('EINVAL', ALLOC, `fdFlags ${fdFlags}: only the access mode and O_CLOEXEC are valid.`);
    if (heapFlags !== 0) throw new KernelError('EINVAL', ALLOC, `heapFlags ${heapFlags}: only 0 is valid.`);
    if (!Number.isSafeInteger(size) || size <= 0)
      throw new KernelError('EINVAL', ALLOC, `The size is ${size}; it must be at least one byte.`);
    const length = pageAlign(size);
    const file = this.#export(length, fdFlags);
    if (options.name !== undefined) this.#nameFile(file, options.name);
    return file;
  }

  #export(size: number, flags: number): DmaBufFile {
    const priv = this.#source.allocate(size);
    const object = this.#model.export({ exporterName: this.name, size, ops: HEAP_OPS, flags, priv });
    try {
      return this.#model.open(object, flags, ALLOC);
    } catch (error) {
      object.unref();
      throw error;
    }
  }

  #nameFile(file: DmaBufFile, name: string): void {
    try {
      file.setName(name);
    } catch (error) {
      file.close();
      throw error;
    }
  }
}

const pagesOf = (buffer: DmaBufObject): Pages => buffer.priv as Pages;

const HEAP_OPS: DmaBufOps = {
  attach: (buffer, attachment) => {
    attachment.priv = { entries: pagesOf(buffer).entries } satisfies ScatterTable;
  },
  detach: (_buffer, attachment) => {
    attachment.priv = undefined;
  },
  mapDmaBuf: (attachment) => attachment.priv as ScatterTable,
  unmapDmaBuf: () => {},
  beginCpuAccess: () => {},
  endCpuAccess: () => {},
  mmap: (buffer, length, offset) => {
    const { memory } = pagesOf(buffer);
    return length === memory.length ? memory : memory.subarray(offset, offset + length);
  },
  vmap: (buffer) => pagesOf(buffer).memory,
  vunmap: () => {},
  release: (buffer) => pagesOf(buffer).free(),
};
