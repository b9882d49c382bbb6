import type { DmaBuf } from '@gadgetloom/dmabuf';

/** How a transfer ended: `'ok'`, or the name of the errno. */
export type TransferStatus = 'ok' | (string & {});

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
  readonly status: TransferStatus;
  /** Zero-copy, or the copying fallback. */
  readonly path: 'dmabuf' | 'copy';
  /** Nanoseconds of the stack's clock. */
  readonly submittedAt: number;
  readonly completedAt: number;
}
