import { type OpenFile, type Token, token } from '@gadgetloom/core';
import type { DmaBuf } from './dma-buf.ts';

/** Options of an allocation. */
export interface AllocateOptions {
  /** Bytes, at least 1; heaps round up to whole pages. */
  readonly size: number;
  /** Name for the buffer, at most 31 characters. */
  readonly name?: string;
  /** Raw fd_flags of DMA_HEAP_IOCTL_ALLOC; O_RDWR | O_CLOEXEC unless given. */
  readonly fdFlags?: number;
  /** Raw heap_flags of DMA_HEAP_IOCTL_ALLOC; 0 unless given, and nothing else is valid today. */
  readonly heapFlags?: number;
}

/** Makes buffers. The exporter port. */
export interface DmaBufExporter {
  /** Name of the heap: `'system'`, `'mock'`. */
  readonly name: string;
  /**
   * @throws KernelError EINVAL size 0 or bad flags; ENOMEM; EMFILE
   */
  allocate(options: AllocateOptions): DmaBuf;
}

/** Seals of a memfd (F_SEAL_*). */
export type MemfdSeal = 'shrink' | 'grow' | 'write' | 'future-write';

/** Anonymous memory as a file: what udmabuf turns into buffers. */
export interface Memfd extends OpenFile {
  /** Bytes. */
  readonly size: number;
}

/** Makes buffers out of sealed memfds. Source: drivers/dma-buf/udmabuf.c. */
export interface Udmabuf {
  /**
   * Anonymous memory of `size` bytes with these seals (memfd_create with MFD_ALLOW_SEALING).
   *
   * @throws KernelError EINVAL; EMFILE; ENOMEM
   */
  memfd(size: number, seals: readonly MemfdSeal[]): Memfd;
  /**
   * @param offset bytes, whole pages
   * @param size bytes, whole pages
   * @throws KernelError EINVAL unaligned, zero, too large, or not sealed against shrinking only; EBADFD not a memfd; EMFILE
   */
  create(memfd: OpenFile, offset: number, size: number): DmaBuf;
}

/** Every stack has one. */
export const DMA_BUF_EXPORTER: Token<DmaBufExporter> = token('@gadgetloom/dmabuf:DmaBufExporter');
/** Optional: backends that have /dev/udmabuf provide it. */
export const UDMABUF: Token<Udmabuf> = token('@gadgetloom/dmabuf:Udmabuf');
