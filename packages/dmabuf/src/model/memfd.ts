import { KernelError } from '@gadgetloom/core';
import type { Memfd, MemfdSeal } from '../exporter.ts';
import type { DmaBufModel } from './model.ts';
import { type PageSource, type Pages, pageAlign } from './pages.ts';

/** The memory behind a memfd. It stays while a descriptor or a pinned range needs it. */
export class MemfdMemory {
  readonly pages: Pages | undefined;
  #references = 1;

  constructor(pages: Pages | undefined) {
    this.pages = pages;
  }

  ref(): void {
    this.#references++;
  }

  unref(): void {
    if (--this.#references === 0) this.pages?.free();
  }
}

/** A memfd: anonymous memory as a file. Source: mm/memfd.c, mm/shmem.c. */
export class MemfdModel implements Memfd {
  readonly model: DmaBufModel;
  readonly size: number;
  readonly seals: ReadonlySet<MemfdSeal>;
  readonly memory: MemfdMemory;
  #fd: number;

  /**
   * @param size bytes
   * @throws KernelError EMFILE; ENOMEM; EINVAL `size` is no length of a file
   */
  constructor(model: DmaBufModel, source: PageSource, size: number, seals: readonly MemfdSeal[]) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new KernelError('EINVAL', 'ftruncate', `The size is ${size}; it must be a whole number of bytes.`);
    model.files.assertRoom('memfd_create');
    this.model = model;
    this.size = size;
    this.seals = new Set(seals);
    this.memory = new MemfdMemory(size === 0 ? undefined : source.allocate(pageAlign(size)));
    this.#fd = model.files.open(this, 'memfd_create');
  }

  get fd(): number {
    return this.#fd;
  }

  /** The bytes, shared with every buffer that was made of them. @throws KernelError EBADF */
  bytes(): Uint8Array {
    if (this.#fd < 0) throw new KernelError('EBADF', 'mmap', 'This memfd has been closed.');
    return this.memory.pages?.memory.subarray(0, this.size) ?? new Uint8Array(0);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.model.files.close(this.#fd);
    this.#fd = -1;
    this.memory.unref();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
