import { Errno, errnoCode, type KernelError } from '@gadgetloom/core';
import type { DmaBuf, DmaFence, FenceCallback } from '@gadgetloom/dmabuf';
import type { Attachment } from './attachments.ts';
import type { TransferCompletion, TransferPath } from './completion.ts';

/** The state of a {@link Transfer}: not started, with the kernel, or over and not yet delivered. */
export const READY = 0;
export const QUEUED = 1;
export const OVER = 2;

/**
 * One place in an engine's ring, used for one transfer after the other. It is its own fence callback, so that a
 * transfer needs no closure.
 */
export class Transfer implements FenceCallback {
  readonly endpoint: string;
  readonly #over: (transfer: Transfer) => void;
  buffer!: DmaBuf;
  length = 0;
  sequence = 0;
  state: typeof READY | typeof QUEUED | typeof OVER = READY;
  /** 0 or a negative errno; valid once over. */
  status = 0;
  /** Bytes moved, or -1 if they are not known. */
  actual = -1;
  path: TransferPath = 'dmabuf';
  error: KernelError | undefined = undefined;
  attachment: Attachment | undefined = undefined;
  submittedAt = 0;
  /** -1 while nobody has said when. */
  completedAt = 0;
  /** When the buffer was found busy for the first time, or -1. */
  busySince = -1;
  /** The kernel had lost the attachment, and it was made again for this transfer. */
  reattached = false;

  /**
   * @param endpoint the endpoint's name
   * @param over told each time that the transfer is over
   */
  constructor(endpoint: string, over: (transfer: Transfer) => void) {
    this.endpoint = endpoint;
    this.#over = over;
  }

  begin(buffer: DmaBuf, length: number, sequence: number): void {
    this.buffer = buffer;
    this.length = length;
    this.sequence = sequence;
    this.state = READY;
    this.error = undefined;
    this.busySince = -1;
    this.reattached = false;
  }

  /** Gets ready to be started again, as the same transfer. */
  rewind(): void {
    this.leaveAttachment();
    this.state = READY;
    this.error = undefined;
    this.busySince = -1;
  }

  /** Gives the attachment free for the buffer's next transfer. */
  leaveAttachment(): void {
    if (this.attachment !== undefined) this.attachment.busy = false;
    this.attachment = undefined;
  }

  fenceSignaled(fence: DmaFence): void {
    this.end(Math.min(fence.status, 0), -1, fence.timestamp);
  }

  /** @param at when; now, unless somebody knows better */
  end(status: number, actual: number, at = -1): void {
    this.status = status;
    this.actual = actual;
    this.completedAt = at;
    this.#over(this);
  }

  /** Ends a transfer that was not started. */
  refuse(error: KernelError, now: number): void {
    this.error = error;
    this.submittedAt = now;
    this.end(-error.errno, 0);
  }

  /** Over without having been started, because the stream is, or the endpoint was disabled. */
  withdraw(now: number, status = -Errno.ECANCELED): void {
    this.submittedAt = now;
    this.end(status, 0);
  }
}

/** The lasting record of a transfer that is over. */
export function describeTransfer(transfer: Transfer): TransferCompletion {
  return {
    sequence: transfer.sequence,
    endpoint: transfer.endpoint,
    buffer: transfer.buffer,
    requested: transfer.length,
    actual: transfer.actual < 0 ? 'unknown' : transfer.actual,
    status: transfer.status === 0 ? 'ok' : errnoCode(transfer.status),
    error: transfer.error,
    path: transfer.path,
    submittedAt: transfer.submittedAt,
    completedAt: transfer.completedAt,
  };
}
