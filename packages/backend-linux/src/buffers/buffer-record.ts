import type { DmaFence } from '@gadgetloom/dmabuf';

/** The part of an attachment that its transfers use. */
export interface AttachedBuffer {
  /** True while nothing is under way for the buffer on any endpoint. */
  readonly idle: boolean;
  /** Status of a transfer that finished before its fence could be exported. */
  endedUnseen(): number;
  /** Called before the sync file of the transfer is closed. */
  forgetSyncFile(): void;
  /** Called while several transfers of the buffer are under way, because then each one must be checked for its end. */
  lookSoon(): void;
}

/** A transfer whose fence is in the reservation object of a buffer. */
export interface PendingTransfer extends DmaFence {
  readonly attachment: AttachedBuffer;
  /** Status in the kernel now: 0 active, 1 signaled, or a negative errno. */
  now(): number;
  /** The status, including a cancelled transfer that the kernel has finished but not reported yet. */
  peek(): number;
  /** True if the transfer's sync file may hold a fence of another attachment. */
  seesBehind(attachment: AttachedBuffer): boolean;
  /** Reads the sync file a last time and closes it. */
  dropSyncFile(): void;
}

/** The record of one dma-buf, for all its descriptors. */
export class BufferRecord {
  /** Device and inode, which all descriptors of one dma-buf share. */
  readonly key: string;
  /** Name that DMA_BUF_SET_NAME set through this backend. */
  name: string | undefined = undefined;
  /** Number of descriptors and attachments that use the record. */
  holders = 0;
  /** Transfers whose fences are in the reservation object and were active at the last check; oldest first. */
  readonly active: PendingTransfer[] = [];

  constructor(key: string) {
    this.key = key;
  }

  begin(transfer: PendingTransfer): void {
    this.active.push(transfer);
  }

  end(transfer: PendingTransfer): void {
    const at = this.active.indexOf(transfer);
    if (at >= 0) this.active.splice(at, 1);
  }
}
