import type { DmaFence } from '@gadgetloom/dmabuf';

/** A buffer on an endpoint, as its transfers see it. */
export interface AttachedBuffer {
  /** True while nothing of the buffer is under way, on any endpoint. */
  readonly idle: boolean;
  /** Status of a transfer that was over before its fence could be exported. */
  endedUnseen(): number;
  /** The sync file of the transfer is about to be closed. */
  forgetSyncFile(): void;
  /** Several transfers of the buffer are under way: the end of each one has to be asked for. */
  lookSoon(): void;
}

/** A transfer whose fence is in the reservation of a buffer. */
export interface PendingTransfer extends DmaFence {
  readonly attachment: AttachedBuffer;
  /** What the kernel says now: 0 active, 1, or a negative errno. */
  now(): number;
  /** The status, also when the kernel has finished a cancelled transfer and has not reported it yet. */
  peek(): number;
  /** True if its sync file may hold a fence of another attachment. */
  seesBehind(attachment: AttachedBuffer): boolean;
  /** Closes the sync file at once, with what it says until now. */
  dropSyncFile(): void;
}

/** What is known of one dma-buf, whichever descriptors it has. */
export class BufferRecord {
  /** Device and inode, which all descriptors of one dma-buf share. */
  readonly key: string;
  /** Given with DMA_BUF_SET_NAME through this backend. */
  name: string | undefined = undefined;
  /** Descriptors and attachments that need the record. */
  holders = 0;
  /** Transfers whose fences are in the reservation and were active when last looked at; oldest first. */
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
