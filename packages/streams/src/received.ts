import { errnoCode, type KernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { TransferCompletion, TransferPath, TransferStatus } from './completion.ts';
import type { Transfer } from './transfer.ts';

/**
 * A transfer that was received. The subscriber holds its buffer until it calls `release()`. A subscriber that never
 * releases starves the stream.
 *
 * ```ts
 * receiveFrom(endpoint, pool).subscribe((received) => {
 *   using _ = received; // released at the end, also when this throws
 * });
 * ```
 */
export interface ReceivedTransfer extends TransferCompletion, Disposable {
  /** Returns the buffer to the pool. A second call does nothing. */
  release(): void;
}

/** Told when the subscriber has released a transfer. */
export interface ReceivedOwner {
  released(received: Received): void;
}

/** The record of a transfer whose buffer comes out of a pool. */
export class Received implements ReceivedTransfer {
  readonly sequence: number;
  readonly endpoint: string;
  readonly buffer: DmaBuf;
  readonly requested: number;
  readonly actual: number | 'unknown';
  readonly status: TransferStatus;
  readonly error: KernelError | undefined;
  readonly path: TransferPath;
  readonly submittedAt: number;
  readonly completedAt: number;
  #owner: ReceivedOwner | undefined;

  constructor(transfer: Transfer, owner: ReceivedOwner) {
    this.sequence = transfer.sequence;
    this.endpoint = transfer.endpoint;
    this.buffer = transfer.buffer;
    this.requested = transfer.length;
    this.actual = transfer.actual < 0 ? 'unknown' : transfer.actual;
    this.status = transfer.status === 0 ? 'ok' : errnoCode(transfer.status);
    this.error = transfer.error;
    this.path = transfer.path;
    this.submittedAt = transfer.submittedAt;
    this.completedAt = transfer.completedAt;
    this.#owner = owner;
  }

  release(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.released(this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
