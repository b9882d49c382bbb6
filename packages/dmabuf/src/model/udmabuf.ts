import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { MemfdSeal, Udmabuf } from '../exporter.ts';
import type { ScatterEntry, ScatterTable } from '../scatter-list.ts';
import { O_CLOEXEC, O_RDWR, PAGE_SIZE } from '../uapi.ts';
import type { DmaBufObject } from './buffer-object.ts';
import type { DmaBufFile } from './dma-buf-file.ts';
import type { DmaBufOps } from './exporter-ops.ts';
import { type MemfdMemory, MemfdModel } from './memfd.ts';
import type { DmaBufModel } from './model.ts';
import type { PageSource } from './pages.ts';

const CREATE = 'UDMABUF_CREATE';
const CREATE_LIST = 'UDMABUF_CREATE_LIST';

/** A range of a memfd. */
export interface UdmabufItem {
  readonly memfd: OpenFile;
  /** Bytes, whole pages. */
  readonly offset: number;
  /** Bytes, whole pages. */
  readonly size: number;
}

/** Options of a {@link UdmabufModel}. */
export interface UdmabufModelOptions {
  readonly model: DmaBufModel;
  /** Source of the memory of memfds. */
  readonly pages: PageSource;
  /** Most items of a list; 1024 unless given (module parameter list_limit). */
  readonly listLimit?: number;
  /** Largest buffer in MiB; 64 unless given (module parameter size_limit_mb). */
  readonly sizeLimitMb?: number;
}

/** A part of a buffer: a range of a memfd. */
interface PinnedPages {
  readonly entries: readonly ScatterEntry[];
  readonly memories: readonly MemfdMemory[];
  /** Set by the first CPU access: the buffer is mapped for the CPU from then on. */
  mapped: boolean;
}

/** /dev/udmabuf: buffers that share their memory with memfds. Source: drivers/dma-buf/udmabuf.c. */
export class UdmabufModel implements Udmabuf {
  readonly #model: DmaBufModel;
  readonly #source: PageSource;
  readonly #listLimit: number;
  readonly #pageLimit: number;

  constructor(options: UdmabufModelOptions) {
    this.#model = options.model;
    this.#source = options.pages;
    this.#listLimit = options.listLimit ?? 1024;
    this.#pageLimit = ((options.sizeLimitMb ?? 64) * 1024 * 1024) / PAGE_SIZE;
  }

  memfd(size: number, seals: readonly MemfdSeal[]): MemfdModel {
    return new MemfdModel(this.#model, this.#source, size, seals);
  }

  create(memfd: OpenFile, offset: number, size: number): DmaBufFile {
    return this.#create([{ memfd, offset, size }], CREATE);
  }

  /**
   * Strings several ranges together (UDMABUF_CREATE_LIST). Devices see all of them. The CPU can map the buffer only if
   * they follow each other in one memfd, because a mapping is one array: EOPNOTSUPP otherwise, unlike in the kernel.
   *
   * @throws KernelError as {@link create}, and EINVAL too many items
   */
  createList(items: readonly UdmabufItem[]): DmaBufFile {
    if (items.length > this.#listLimit)
      throw new KernelError('EINVAL', CREATE_LIST, `${items.length} items; at most ${this.#listLimit} are allowed.`);
    return this.#create(items, CREATE_LIST);
  }

  #create(items: readonly UdmabufItem[], operation: string): DmaBufFile {
    this.#checkSizes(items, operation);
    const entries: ScatterEntry[] = [];
    const memories: MemfdMemory[] = [];
    for (const item of items) {
      const memory = this.#check(item, operation);
      memories.push(memory);
      collectPages(entries, memory, item);
    }
    for (const memory of memories) memory.ref();
    const priv: PinnedPages = { entries, memories, mapped: false };
    const size = entries.length * PAGE_SIZE;
    const object = this.#model.export({ exporterName: 'udmabuf', size, ops: UDMABUF_OPS, flags: O_RDWR, priv });
    try {
      return this.#model.open(object, O_CLOEXEC, operation);
    } catch (error) {
      object.unref();
      throw error;
    }
  }

  #checkSizes(items: readonly UdmabufItem[], operation: string): void {
    let pages = 0;
    for (const { offset, size } of items) {
      if (!isWholePages(offset) || !isWholePages(size))
        throw new KernelError(
          'EINVAL',
          operation,
          `Offset ${offset} and size ${size} must be multiples of ${PAGE_SIZE}.`,
        );
      pages += size / PAGE_SIZE;
      if (pages > this.#pageLimit)
        throw new KernelError('EINVAL', operation, `More than ${this.#pageLimit * PAGE_SIZE} bytes are not allowed.`);
    }
    if (pages === 0) throw new KernelError('EINVAL', operation, 'The size must be at least one page.');
  }

  #check(item: UdmabufItem, operation: string): MemfdMemory {
    const { memfd, offset, size } = item;
    if (!(memfd instanceof MemfdModel) || memfd.model !== this.#model || memfd.fd < 0)
      throw new KernelError('EBADFD', operation, 'This is not an open memfd.');
    const { seals } = memfd;
    if (!seals.has('shrink') || seals.has('write') || seals.has('future-write'))
      throw new KernelError(
        'EINVAL',
        operation,
        'The memfd must be sealed against shrinking, but not against writing.',
      );
    if (size === 0 || offset + size > memfd.size)
      throw new KernelError('EINVAL', operation, `The range does not lie in the memfd's ${memfd.size} bytes.`);
    return memfd.memory;
  }
}

function isWholePages(bytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes >= 0 && bytes % PAGE_SIZE === 0;
}

/** One entry per page, as udmabuf makes them, whether pages are neighbours or not. */
function collectPages(into: ScatterEntry[], source: MemfdMemory, item: UdmabufItem): void {
  for (const { dmaAddress, length, memory, offset } of source.pages?.entries ?? []) {
    for (let at = 0; at < length; at += PAGE_SIZE) {
      const position = offset + at;
      if (position < item.offset || position >= item.offset + item.size) continue;
      into.push({ dmaAddress: dmaAddress + at, length: PAGE_SIZE, memory, offset: position });
    }
  }
}

/** The pages as one array, if they are neighbours. */
function contiguousBytes(buffer: DmaBufObject): Uint8Array {
  const { entries } = pinned(buffer);
  const [first] = entries;
  const adjacent = entries.every(
    ({ memory, offset }, at) => memory === first?.memory && offset === first.offset + at * PAGE_SIZE,
  );
  if (first === undefined || !adjacent)
    throw new KernelError('EOPNOTSUPP', 'mmap', 'The ranges of this buffer are not neighbours in one memfd.');
  return first.memory.subarray(first.offset, first.offset + buffer.size);
}

const pinned = (buffer: DmaBufObject): PinnedPages => buffer.priv as PinnedPages;

const UDMABUF_OPS: DmaBufOps = {
  cacheSgtMapping: true,
  mapDmaBuf: ({ buffer }): ScatterTable => ({ entries: pinned(buffer).entries }),
  unmapDmaBuf: () => {},
  beginCpuAccess: (buffer) => {
    pinned(buffer).mapped = true;
  },
  endCpuAccess: (buffer) => {
    if (!pinned(buffer).mapped)
      throw new KernelError('EINVAL', 'DMA_BUF_IOCTL_SYNC', 'This buffer was never accessed: begin before you end.');
  },
  mmap: (buffer, length, offset) => contiguousBytes(buffer).subarray(offset, offset + length),
  vmap: contiguousBytes,
  vunmap: () => {},
  release: (buffer) => {
    for (const memory of pinned(buffer).memories) memory.unref();
  },
};
