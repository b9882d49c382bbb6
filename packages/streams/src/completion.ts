import type { KernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';

/** How a transfer ended: `'ok'`, or the name of the errno. */
export type TransferStatus = 'ok' | (string & {});

/** Which way the bytes went: by DMA out of the buffer itself, or through `read` and `write` of the endpoint file. */
export type TransferPath = 'dmabuf' | 'copy';

/** One transfer that is over. There is exactly one for every transfer, whatever happens. */
export interface TransferCompletion {
  /** Counts the transfers of this stream from 0, in the order of submission. */
  readonly sequence: number;
  /** Name of the endpoint file, or the name the gadget gave the endpoint. */
  readonly endpoint: string;
  /** The buffer, yours again. */
  readonly buffer: DmaBuf;
  /** Bytes that were to be moved. */
  readonly requested: number;
  /** Bytes that were moved; the kernel does not tell for DMABUFs, and then nobody guesses. */
  readonly actual: number | 'unknown';
  /**
   * ESHUTDOWN: the endpoint was disabled. ECONNRESET: cancelled while in flight. ECANCELED: cancelled before it was
   * in flight. Others are what the kernel or the controller answered.
   */
  readonly status: TransferStatus;
  /** The error behind the status, where a call failed; a DMABUF transfer that was queued and failed has a status only. */
  readonly error: KernelError | undefined;
  /** Zero-copy, or the copying fallback. */
  readonly path: TransferPath;
  /** Nanoseconds of the clock in the stream's options. A replayed transfer tells its last submission. */
  readonly submittedAt: number;
  /** Nanoseconds of the same clock. */
  readonly completedAt: number;
}
