import type { OpenFile } from '@gadgetloom/core';
import type { DmaFence } from './fence.ts';

/**
 * Something that buffers are attached to and transferred through: a FunctionFS endpoint. The importer port.
 *
 * The plain calls never wait: they behave as on a file with O_NONBLOCK. The `...Blocking` ones behave as on a file
 * without, and wait where the kernel would; they never block the event loop.
 */
export interface DmaBufImporter {
  /**
   * Maps `buffer` for the device. Attaching twice is allowed, and takes two detaches.
   *
   * @throws KernelError EPERM unbound, or a controller without scatter-gather; EBADF, EINVAL not a dma-buf;
   *   EBUSY its reservation is locked; ENOMEM
   */
  attach(buffer: OpenFile): void;
  /**
   * Does what {@link attach} does on a file without O_NONBLOCK: it waits for the reservation and for KERNEL fences.
   */
  attachBlocking(buffer: OpenFile): Promise<void>;
  /**
   * Undoes the newest attach of `buffer` and cancels its transfer (ECONNRESET).
   *
   * @throws KernelError EBADF, EINVAL not a dma-buf; EPERM not attached
   */
  detach(buffer: OpenFile): void;
  /**
   * Queues the first `length` bytes of an attached buffer. Returns at once; the fence tells the outcome.
   *
   * @param length bytes, 1 to the buffer's size
   * @param flags must be 0
   * @throws KernelError EINVAL flags or length; EBADF; EPERM not attached; EAGAIN endpoint not enabled;
   *   EBUSY the buffer is in use; ESHUTDOWN; ENOMEM
   */
  transfer(buffer: OpenFile, length: number, flags?: number): DmaFence;
  /**
   * Does what {@link transfer} does, and waits for the endpoint to be enabled and up to five seconds for the buffer's fences.
   *
   * A buffer that is detached while it waits: the kernel goes on with the mapping that it has (f_fs.c,
   * ffs_dmabuf_transfer). A backend that has to wait outside of the kernel, such as backend-linux, fails with EPERM.
   */
  transferBlocking(buffer: OpenFile, length: number, flags?: number): Promise<DmaFence>;
}
