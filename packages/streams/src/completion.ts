import type { KernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';

/** How a transfer ended: `'ok'`, or the name of the errno. */
export type TransferStatus = 'ok' | (string & {});

/** The path of the bytes: DMA from or to the buffer itself, or `read` and `write` of the endpoint file. */
export type TransferPath = 'dmabuf' | 'copy';

/** The result of one transfer. Every transfer has exactly one completion, whatever happens. */
export interface TransferCompletion {
  /** Counts the transfers of this stream from 0, in the order of submission. */
  readonly sequence: number;
  /** Name of the endpoint in the gadget, or else the name of its file. */
  readonly endpoint: string;
  /** The buffer, which the stream no longer uses. */
  readonly buffer: DmaBuf;
  /** Bytes that the transfer asked for. */
  readonly requested: number;
  /** Bytes that were moved. For DMABUFs the kernel does not tell, and the value is `'unknown'`. */
  readonly actual: number | 'unknown';
  /**
   * ESHUTDOWN: the endpoint was disabled. ECONNRESET: cancelled while in flight. ECANCELED: cancelled before it was
   * in flight. Other values come from the kernel or the controller.
   */
  readonly status: TransferStatus;
  /**
   * The error behind the status, if a call failed. A DMABUF transfer that failed after it was queued only has a status.
   */
  readonly error: KernelError | undefined;
  /** Zero-copy, or the copying fallback. */
  readonly path: TransferPath;
  /** Time of submission, in nanoseconds of the clock in the stream's options. For replayed transfers, the last one. */
  readonly submittedAt: number;
  /** Time of completion, in nanoseconds of the same clock. */
  readonly completedAt: number;
}
