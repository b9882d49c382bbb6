import type { OpenFile } from '@gadgetloom/core';
import type { SyncFile } from './sync-file.ts';

/** The access that the CPU is about to make to a buffer. */
export type CpuAccess = 'read' | 'write' | 'read-write';

/** A buffer that devices share: one descriptor of a dma-buf. Source: drivers/dma-buf/dma-buf.c. */
export interface DmaBuf extends OpenFile {
  /** Bytes; fixed for the buffer's life, a whole number of pages for heap buffers. */
  readonly size: number;
  /** Name of the exporter: `'system'`, `'udmabuf'`, `'mock'`. */
  readonly exporterName: string;
  /** Name given with {@link setName}, if any. */
  readonly name: string | undefined;

  /** DMA_BUF_SET_NAME. @throws KernelError EINVAL longer than 31 characters; EBADF */
  setName(name: string): void;
  /** lseek: only offset 0 from `set` or `end` is allowed, the rest is EINVAL. `end` gives the size. */
  seek(offset: number, whence: 'set' | 'cur' | 'end'): number;

  /**
   * The buffer's bytes, mapped on first use and the same array ever after. Bracket accesses with
   * {@link beginCpuAccess} and {@link endCpuAccess}. Let go of the array when you close this descriptor: it becomes
   * empty when the memory is unmapped, at the latest when the buffer itself is gone.
   *
   * @throws KernelError EINVAL the exporter has no mmap; EACCES not allocated with O_RDWR; EBADF
   */
  bytes(): Uint8Array;
  /**
   * mmap(2) of a part.
   *
   * @param length bytes, rounded up to pages
   * @param offset bytes, a whole number of pages
   * @throws KernelError EINVAL the range does not lie in the buffer, or the exporter has no mmap; EBADF;
   *   EACCES not allocated with O_RDWR
   */
  mmap(length: number, offset: number): Uint8Array;

  /**
   * DMA_BUF_IOCTL_SYNC with raw flags (DMA_BUF_SYNC_*). START waits for the fences that the access conflicts with.
   *
   * @throws KernelError EINVAL unknown bits, or neither READ nor WRITE; EBADF; what the exporter answers
   */
  sync(flags: number): Promise<void>;
  /** Waits until the CPU may touch the bytes: `read` waits for writers, `write` and `read-write` for everybody. */
  beginCpuAccess(access: CpuAccess): Promise<void>;
  /** Ends what {@link beginCpuAccess} began. Never waits. */
  endCpuAccess(access: CpuAccess): void;

  /**
   * Returns which of `events` hold now: POLLIN (nobody writes the buffer), POLLOUT (nobody uses it). It never waits.
   * The implicit fences decide; one that failed counts as done.
   */
  poll(events: number): number;
  /**
   * Waits until one of `events` holds; resolves with 0 after `timeout` nanoseconds without. A transfer that waits for
   * this buffer's fences makes it wait as well, even longer than `timeout` (dma_buf_poll takes the reservation's lock).
   */
  ready(events: number, timeout?: number): Promise<number>;

  /**
   * DMA_BUF_IOCTL_EXPORT_SYNC_FILE: the fences that a `flags` (DMA_BUF_SYNC_READ, _WRITE) access would wait for.
   *
   * @throws KernelError EINVAL flags are 0 or have other bits; EMFILE; ENOMEM; EBADF
   */
  exportSyncFile(flags: number): SyncFile;
  /**
   * DMA_BUF_IOCTL_IMPORT_SYNC_FILE: others now wait for this fence as for a reader or writer.
   *
   * @throws KernelError EINVAL flags are 0 or have other bits, or `file` is not a sync file; ENOMEM; EBADF
   */
  importSyncFile(flags: number, file: OpenFile): void;

  /** Another descriptor of the same buffer. @throws KernelError EMFILE, EBADF */
  dup(): DmaBuf;
}
