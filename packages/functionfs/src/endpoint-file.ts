import type { OpenFile } from '@gadgetloom/core';
import type { DmaBufImporter } from '@gadgetloom/dmabuf';
import type { Direction, EndpointDescriptor } from '@gadgetloom/udc';
import type { Attached } from './attached.ts';
import type { EndpointUse } from './endpoint-use.ts';

/**
 * An endpoint as a file. It copies with read and write, and as a {@link DmaBufImporter} it moves buffers without a
 * copy. Source: f_fs.c, ffs_epfile_*.
 */
export interface EndpointFile extends DmaBufImporter, OpenFile {
  /** Name of the file: `'ep1'`. */
  readonly name: string;
  /**
   * The endpoint's name in the gadget, such as `'stream.samples'`. It is {@link name} if the file was opened without
   * one.
   */
  readonly gadgetName: string;
  /** True once the owner of the file, such as a stack, has called {@link stop}. */
  readonly closing: boolean;
  /**
   * The current attachments of the endpoint, made through any of its open files. Each read returns a new list. The
   * attachments of one buffer are in the order in which they were made.
   */
  readonly attachments: readonly Attached[];
  /** The users of the endpoint, through any of its open files. */
  readonly use: EndpointUse;
  readonly direction: Direction;
  /**
   * O_NONBLOCK for read, write and the ioctls: they fail with EAGAIN instead of waiting for the endpoint to be enabled.
   * A call reads it once, at its beginning.
   */
  nonblock: boolean;

  /** @param owner who attaches the buffer; {@link attachments} tells it */
  attach(buffer: OpenFile, owner?: object): void;
  attachBlocking(buffer: OpenFile, owner?: object): Promise<void>;
  /** @param owner whose attachment goes out of {@link attachments}; the newest one if the owner has none */
  detach(buffer: OpenFile, owner?: object): void;

  /**
   * OUT: receives up to `into.length` bytes. On an IN endpoint it halts the endpoint instead, and fails with EBADMSG.
   * It waits for a queued transfer even with O_NONBLOCK.
   *
   * @returns bytes received; a short packet ends the transfer
   * @throws KernelError EAGAIN not enabled, or in use (nonblock); EBADMSG; ESHUTDOWN; EOVERFLOW; ENODEV; ENOMEM
   */
  read(into: Uint8Array): Promise<number>;
  /**
   * IN: sends `bytes`; an empty array sends a zero-length packet. On an OUT endpoint it halts the endpoint instead, and
   * fails with EBADMSG.
   *
   * @returns bytes sent
   */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Ends the reads, writes and ioctls that wait on this file, as a signal ends those of a thread. A queued request is
   * dequeued and its call fails with EINTR. A request that has finished returns its result. Harmless when nothing
   * waits.
   */
  interrupt(): void;
  /**
   * Announces that the file is about to be closed. From now on every call fails with ENODEV, except for detach,
   * interrupt, settle and close.
   */
  stop(): void;
  /**
   * Waits until no transfer, read or write is under way on the endpoint, through any of its open files.
   *
   * @param timeout nanoseconds to wait at most; no limit unless given
   * @returns how many are under way: not 0 if the time ran out, or if others have begun in the meantime
   */
  settle(timeout?: number): Promise<number>;
  /**
   * Closes the descriptor, which detaches all buffers of the endpoint. Harmless when it is closed already.
   *
   * In the kernel a waiting read or write keeps the file and continues until the host ends it. backend-linux ends it
   * with EINTR, as {@link interrupt} does, so that nothing uses a closed descriptor.
   */
  close(): void;

  /** FUNCTIONFS_FIFO_STATUS: bytes in the FIFO. @throws KernelError EOPNOTSUPP, EINVAL, EAGAIN */
  fifoStatus(): Promise<number>;
  /** FUNCTIONFS_FIFO_FLUSH. */
  fifoFlush(): Promise<void>;
  /** FUNCTIONFS_CLEAR_HALT. */
  clearHalt(): Promise<void>;
  /** FUNCTIONFS_ENDPOINT_REVMAP: always 255 on Linux 6.12 (_ffs_func_bind). */
  endpointRevmap(): Promise<number>;
  /** FUNCTIONFS_ENDPOINT_DESC for the current speed. @throws KernelError EINVAL the endpoint has none */
  endpointDescriptor(): Promise<EndpointDescriptor>;
  /** Any other ioctl. It waits for the endpoint to be enabled. @throws KernelError ENOTTY */
  ioctl(name: string): Promise<number>;
}
