import { Errno } from '@gadgetloom/core';
import type { FenceCallback } from '@gadgetloom/dmabuf';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { AttachedBuffer, PendingTransfer } from './buffer-record.ts';
import { readInfo, readStatus } from './sync-file-info.ts';

const NONE: readonly PendingTransfer[] = [];

/** Fence context of dma_fence_get_stub. A buffer without active fences exports this stub. */
const STUB_CONTEXT = 0;

/** Answers of the addon that are not the status of a fence. */
const SIGNALED_BEFORE = 2;
const NO_ANSWER = -1000;

/**
 * One DMABUF transfer and its fence. A sync file, which is never polled, keeps the kernel's fence and tells how the
 * transfer ended. The buffer tells when.
 */
export class LinuxTransfer implements PendingTransfer {
  readonly attachment: AttachedBuffer;
  status = 0;
  readonly #kernel: LinuxKernel;
  #syncFd: number;
  /** Earlier transfers of the same buffer that were under way. The sync file may have their fences too. */
  readonly #before: readonly PendingTransfer[];
  /** Status of a transfer whose sync file was closed before its end. */
  #verdict = 0;
  #context = 0;
  #seqno = 0;
  readonly queuedAt: number;
  timestamp: number | undefined = undefined;
  #callback: FenceCallback | undefined = undefined;
  #callbacks: FenceCallback[] | undefined = undefined;

  /** True if there never was a sync file. Then the kernel cannot tell how the transfer ended. */
  readonly #unknown: boolean;

  /**
   * @param syncFd descriptor of the sync file, which the transfer closes; or the negative errno because of which there
   * is none
   */
  constructor(kernel: LinuxKernel, attachment: AttachedBuffer, syncFd: number, before: readonly PendingTransfer[]) {
    this.#kernel = kernel;
    this.attachment = attachment;
    this.#syncFd = syncFd;
    this.queuedAt = kernel.stackTime(kernel.transferCall.queuedAt);
    this.#unknown = syncFd < 0;
    if (this.#unknown) this.#verdict = syncFd;
    this.#before = before.length === 0 ? NONE : [...before];
  }

  get driverName(): string {
    return 'functionfs';
  }

  get timelineName(): string {
    return '';
  }

  get context(): number {
    this.#readNumbers();
    return this.#context;
  }

  get seqno(): number {
    this.#readNumbers();
    return this.#seqno;
  }

  addCallback(callback: FenceCallback): boolean {
    if (this.status !== 0) return false;
    if (this.#callback === undefined) this.#callback = callback;
    else {
      this.#callbacks ??= [];
      this.#callbacks.push(callback);
    }
    return true;
  }

  removeCallback(callback: FenceCallback): boolean {
    if (this.#callback === callback) {
      this.#callback = this.#callbacks?.shift();
      return true;
    }
    const at = this.#callbacks?.indexOf(callback) ?? -1;
    if (at >= 0) this.#callbacks!.splice(at, 1);
    return at >= 0;
  }

  wait(timeout = Number.POSITIVE_INFINITY): Promise<number> {
    if (this.status !== 0 || timeout <= 0) return Promise.resolve(this.status);
    return new Promise((resolve) => {
      const callback: FenceCallback = {
        fenceSignaled: () => {
          timer.cancel();
          resolve(this.status);
        },
      };
      const timer = this.#kernel.clock.setTimer(timeout, () => {
        this.removeCallback(callback);
        resolve(0);
      });
      this.addCallback(callback);
    });
  }

  seesBehind(attachment: AttachedBuffer): boolean {
    return this.#syncFd >= 0 && this.#before.some((transfer) => transfer.attachment === attachment);
  }

  /** Called before the attachment goes. Reads the status a last time; the kernel cancels a transfer under way. */
  cancelled(): void {
    if (this.status !== 0) return;
    this.dropSyncFile();
    if (this.#verdict === 0) this.#verdict = -Errno.ECONNRESET;
  }

  dropSyncFile(): void {
    if (this.#syncFd < 0) return;
    this.#verdict = this.now();
    this.closeSyncFile();
  }

  peek(): number {
    if (this.status !== 0 || this.#verdict === 0) return this.status;
    return this.attachment.idle ? this.#verdict : 0;
  }

  now(): number {
    if (this.status !== 0) return this.status;
    if (this.#syncFd < 0) return this.#unknown ? this.peek() : this.#verdict;
    if (this.#before.length > 0) return this.#nowAmongOthers();
    const { status, context, seqno } = readStatus(this.#kernel, this.#syncFd);
    this.#context = context;
    this.#seqno = seqno;
    return status === 1 && context === STUB_CONTEXT ? this.attachment.endedUnseen() : status;
  }

  /**
   * Returns how the transfer ended, or 0 if it is still under way. Called when the buffer may have nothing under way.
   *
   * @param reported status of the sync file in this wake-up, if it was read
   */
  outcome(reported?: number): number {
    if (this.#syncFd < 0) return this.attachment.idle ? this.#verdict || 1 : 0;
    if (reported === undefined || reported <= NO_ANSWER) return this.now();
    return reported === SIGNALED_BEFORE ? this.attachment.endedUnseen() : reported;
  }

  /** Ends the transfer. */
  settle(status: number): void {
    if (this.status !== 0) return;
    this.status = status;
    // A transfer that was queued in this turn came after the wake-up.
    this.timestamp = Math.max(this.#kernel.stackTime(this.#kernel.readiness.time), this.queuedAt);
    if (this.#syncFd >= 0) this.#kernel.ledger.spent.add(this.#takeSyncFile());
    const callback = this.#callback;
    this.#callback = undefined;
    if (callback !== undefined) callback.fenceSignaled(this);
    const callbacks = this.#callbacks;
    if (callbacks === undefined) return;
    // A callback may remove later ones.
    for (let next = callbacks.shift(); next !== undefined; next = callbacks.shift()) next.fenceSignaled(this);
    this.#callbacks = undefined;
  }

  /** Closes the sync file at once, because its status was read. */
  closeSyncFile(): void {
    if (this.#syncFd >= 0) this.#kernel.addon.close(this.#takeSyncFile());
  }

  /** Takes the descriptor of the sync file from the transfer, which then does not ask the kernel any more. */
  #takeSyncFile(): number {
    const fd = this.#syncFd;
    this.#syncFd = -1;
    this.attachment.forgetSyncFile();
    return fd;
  }

  /**
   * Removes known fences from a list. The kernel lists the fences of a sync file without saying to whom they belong.
   */
  #nowAmongOthers(): number {
    const statuses = readInfo(this.#kernel, this.#syncFd).fences.map(({ status }) => status);
    for (const transfer of this.#before) {
      if (statuses.length === 1) break;
      const theirs = transfer.now();
      let at = statuses.indexOf(theirs);
      if (at < 0) at = statuses.indexOf(0);
      if (at >= 0) statuses.splice(at, 1);
    }
    return statuses.find((status) => status <= 0) ?? 1;
  }

  #readNumbers(): void {
    if (this.#context !== 0 || this.#syncFd < 0 || this.#before.length > 0) return;
    const { context, seqno } = readStatus(this.#kernel, this.#syncFd);
    this.#context = context;
    this.#seqno = seqno;
  }
}
