import { Errno, MILLISECOND, POLLOUT } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW } from '@gadgetloom/dmabuf';
import { refusal, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { EPOLLONESHOT, type Watch } from '../kernel/readiness.ts';
import type { BufferRecord } from './buffer-ledger.ts';
import { LinuxTransfer } from './linux-transfer.ts';

/** How often transfers that share a buffer are looked at, while several are under way. */
const SHARED_PERIOD = MILLISECOND;

/**
 * Transfers of a buffer that has rested until it is tried whether it still does, which costs two wake-ups: few after the
 * first rest, twice as many after each further one.
 */
const TRIED_AFTER = { first: 4, most: 64 } as const;

const exportArgument = new Uint8Array(8);
const exportView = new DataView(exportArgument.buffer);

/** DMA_BUF_IOCTL_EXPORT_SYNC_FILE: a descriptor, or a negative errno. */
export function exportSyncFile(kernel: LinuxKernel, fd: number, flags: number): number {
  exportView.setUint32(0, flags, true);
  exportView.setInt32(4, -1, true);
  const result = kernel.ioctl(fd, 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE', exportArgument);
  return result < 0 ? result : exportView.getInt32(4, true);
}

/**
 * A buffer that is attached to an endpoint, and the transfer of it that is under way there, if any.
 *
 * The end of a transfer is learned from a descriptor of the buffer that is polled level-triggered: as long as one
 * transfer follows the other, that takes no further system call.
 */
export class Attachment {
  readonly record: BufferRecord;
  readonly #kernel: LinuxKernel;
  /** Of its own: the user may close theirs. */
  readonly #fd: number;
  /** Kept for the sync file of a transfer, which the kernel wants a descriptor for when it is too late to refuse; or -1. */
  #spareFd: number;
  #watch: Watch | undefined;
  #armed = false;
  /** It was reported ready with nothing under way. */
  #idle = false;
  /** Transfers that are still to be watched for one event each: it was found idle, not transferred again at once. */
  #rests = 0;
  #restsNext: number = TRIED_AFTER.first;
  /** It is watched for one event. */
  #once = false;
  #current: LinuxTransfer | undefined;
  #ended = false;
  #freed = false;
  #looking = false;
  /** The status of the transfer's sync file comes with the reports of the buffer. */
  #reported = false;
  readonly #enabled: () => boolean;

  /** @param enabled tells if its endpoint is enabled now */
  constructor(kernel: LinuxKernel, bufferFd: number, enabled: () => boolean) {
    this.#kernel = kernel;
    this.#enabled = enabled;
    this.#fd = succeeded(kernel.addon.dup(bufferFd), 'dup');
    this.#spareFd = kernel.addon.dup(bufferFd);
    if (this.#spareFd < 0) {
      kernel.addon.close(this.#fd);
      throw refusal(this.#spareFd, 'dup');
    }
    this.record = kernel.ledger.hold(this.#fd);
  }

  /** Descriptor of the buffer, as long as the attachment lives. */
  get fd(): number {
    return this.#fd;
  }

  /** The transfer under way. */
  get current(): LinuxTransfer | undefined {
    return this.#current;
  }

  /** True while nothing of the buffer is under way, on any endpoint. */
  get idle(): boolean {
    return (this.#kernel.addon.poll(this.#fd, POLLOUT) & POLLOUT) !== 0;
  }

  /**
   * A transfer was queued: makes its fence.
   *
   * @param syncFile descriptor of a sync file with the fence, or a negative number if none could be made
   */
  begin(syncFile: number): LinuxTransfer {
    this.notice();
    const { record } = this;
    const { active } = record;
    const transfer = new LinuxTransfer(this.#kernel, this, syncFile < 0 ? this.#exportAgain() : syncFile, active);
    record.begin(transfer);
    this.#current = transfer;
    this.#idle = false;
    if (!this.#armed) this.#arm();
    else if (!this.#once) this.#restsNext = TRIED_AFTER.first;
    // With fences of others in the sync file, its status is not that of the transfer.
    if (active.length === 1) this.#reported = syncFile >= 0 && this.#watch!.report(syncFile);
    else for (const each of active) each.attachment.lookSoon();
    return transfer;
  }

  /**
   * A transfer that is over, and of which that has not been reported yet, is under way no more; its callbacks are called
   * soon. Whoever asks the kernel may know before the report comes, and transfer the buffer again.
   */
  notice(): void {
    const transfer = this.#current;
    const status = transfer?.now() ?? 0;
    if (transfer === undefined || status === 0) return;
    this.#conclude(transfer);
    transfer.closeSyncFile();
    this.#kernel.clock.defer(() => transfer.settle(status));
  }

  /** The sync file of the transfer is about to be closed. */
  forgetSyncFile(): void {
    if (!this.#reported) return;
    this.#reported = false;
    this.#watch?.report(-1);
  }

  /**
   * Status of a transfer that was over before its fence could be taken: what disabling does, if the endpoint is not enabled
   * any more.
   */
  endedUnseen(): number {
    return this.#enabled() ? 1 : -Errno.ESHUTDOWN;
  }

  /**
   * The buffer has nothing under way, on any endpoint; or had, before a callback of the same wake-up queued the transfer.
   *
   * @param status of the transfer's sync file, if it is reported
   */
  ready(_events: number, status: number): void {
    const transfer = this.#current;
    if (this.#once) this.#armed = false;
    if (transfer !== undefined) {
      const outcome = transfer.outcome(this.#reported ? status : undefined);
      if (outcome !== 0) this.#settle(transfer, outcome);
      else if (!this.#armed) this.#arm();
    } else if (this.#idle && this.#armed) this.#disarm();
    else this.#idle = true;
    if (this.#ended && this.#current === undefined) this.#free();
  }

  /** It is about to be detached: a transfer under way will be cancelled, and reported when the kernel is done with it. */
  end(): void {
    if (this.#ended) return;
    this.#kernel.ledger.letGoOf(this);
    this.#current?.cancelled();
    this.#ended = true;
  }

  /** The kernel has let it go. */
  ended(): void {
    if (this.#current === undefined) this.#free();
  }

  /** While several transfers of the buffer are under way: it is only ready after all of them, so each is asked for itself. */
  lookSoon(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#kernel.clock.setTimer(SHARED_PERIOD, () => {
      this.#looking = false;
      const transfer = this.#current;
      if (transfer === undefined || this.#ended || this.record.active.length < 2) return;
      const status = transfer.now();
      if (status === 0) this.lookSoon();
      else this.#settle(transfer, status);
    });
  }

  /** The transfer is under way without a sync file: descriptors were short, and some have been kept for that. */
  #exportAgain(): number {
    this.#kernel.ledger.spent.close();
    const fd = exportSyncFile(this.#kernel, this.#fd, DMA_BUF_SYNC_RW);
    if (fd >= 0 || this.#spareFd < 0) return fd;
    this.#closeSpare();
    return exportSyncFile(this.#kernel, this.#fd, DMA_BUF_SYNC_RW);
  }

  #settle(transfer: LinuxTransfer, status: number): void {
    this.#conclude(transfer);
    transfer.settle(status);
  }

  #conclude(transfer: LinuxTransfer): void {
    this.#current = undefined;
    this.record.end(transfer);
    if (this.#spareFd >= 0) return;
    transfer.closeSyncFile();
    this.#spareFd = this.#kernel.addon.dup(this.#fd);
  }

  #closeSpare(): void {
    if (this.#spareFd >= 0) this.#kernel.addon.close(this.#spareFd);
    this.#spareFd = -1;
  }

  #arm(): void {
    this.#armed = true;
    this.#once = this.#rests > 0;
    if (this.#once) this.#rests--;
    if (this.#watch === undefined) this.#watch = this.#kernel.readiness.watch(this.#fd, POLLOUT, this);
    else this.#watch.change(this.#once ? POLLOUT | EPOLLONESHOT : POLLOUT);
  }

  #disarm(): void {
    this.#armed = false;
    this.#rests = this.#restsNext;
    this.#restsNext = Math.min(2 * this.#restsNext, TRIED_AFTER.most);
    this.#watch?.change(0);
  }

  #free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#watch?.end();
    this.#kernel.ledger.drop(this.record);
    this.#closeSpare();
    this.#kernel.addon.close(this.#fd);
  }
}
