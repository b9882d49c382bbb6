import { Errno, MILLISECOND, POLLOUT } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW } from '@gadgetloom/dmabuf';
import type { Attached } from '@gadgetloom/functionfs';
import { refusal, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { AttachedBuffer, BufferRecord } from './buffer-record.ts';
import { BufferWatch } from './buffer-watch.ts';
import { exportSyncFile } from './export-sync-file.ts';
import { LinuxTransfer } from './linux-transfer.ts';

/** Interval at which transfers are checked while several of one buffer are under way. */
const SHARED_PERIOD = MILLISECOND;

/**
 * - `attached`: transfers can be queued.
 * - `ending`: it is being detached. The kernel cancels a transfer that is still under way.
 * - `gone`: the kernel has released it, and its descriptors are closed.
 */
type AttachmentState = 'attached' | 'ending' | 'gone';

/**
 * A buffer that is attached to an endpoint, with its current transfer there, if any. {@link BufferWatch} polls a
 * descriptor of the buffer to learn when the transfer ends.
 */
export class Attachment implements AttachedBuffer {
  readonly record: BufferRecord;
  attached: Attached;
  readonly #kernel: LinuxKernel;
  /** A duplicate, because the user may close the original. */
  readonly #fd: number;
  /** A spare descriptor. It is closed to make room for the sync file of a transfer that was already queued; -1 then. */
  #spareFd: number;
  readonly #enabled: () => boolean;
  readonly #watch: BufferWatch;
  #state: AttachmentState = 'attached';
  #current: LinuxTransfer | undefined;
  /** True while the timer of {@link lookSoon} is set. */
  #looking = false;

  /** @param enabled returns true if the endpoint is enabled now */
  constructor(kernel: LinuxKernel, attached: Attached, enabled: () => boolean) {
    this.#kernel = kernel;
    this.attached = attached;
    this.#enabled = enabled;
    this.#fd = succeeded(kernel.addon.dup(attached.buffer.fd), 'dup');
    this.#spareFd = kernel.addon.dup(this.#fd);
    if (this.#spareFd < 0) {
      kernel.addon.close(this.#fd);
      throw refusal(this.#spareFd, 'dup');
    }
    this.record = kernel.ledger.hold(this.#fd);
    this.#watch = new BufferWatch(kernel.readiness, this.#fd, this);
  }

  /** Descriptor of the buffer while the attachment lives. */
  get fd(): number {
    return this.#fd;
  }

  /** The current transfer. */
  get current(): LinuxTransfer | undefined {
    return this.#current;
  }

  get idle(): boolean {
    return (this.#kernel.addon.poll(this.#fd, POLLOUT) & POLLOUT) !== 0;
  }

  /**
   * Makes the fence of a transfer that was queued.
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
    this.#watch.began();
    // If the sync file has other fences too, its status is not the transfer's.
    if (active.length > 1) for (const each of active) each.attachment.lookSoon();
    else if (syncFile >= 0) this.#watch.report(syncFile);
    return transfer;
  }

  /**
   * Ends a transfer that the kernel has finished but not reported yet. Its callbacks run soon. A caller that asks the
   * kernel may learn of the end before the report, and transfer the buffer again.
   */
  notice(): void {
    const transfer = this.#current;
    const status = transfer?.now() ?? 0;
    if (transfer === undefined || status === 0) return;
    this.#conclude(transfer);
    transfer.closeSyncFile();
    this.#kernel.clock.defer(() => transfer.settle(status));
  }

  forgetSyncFile(): void {
    this.#watch.forget();
  }

  /** Status of a transfer without a sync file. A disabled endpoint has ended its transfers with ESHUTDOWN. */
  endedUnseen(): number {
    return this.#enabled() ? 1 : -Errno.ESHUTDOWN;
  }

  /**
   * Called when nothing is under way for the buffer on any endpoint. A callback of the same wake-up may have queued a
   * transfer since.
   *
   * @param status status of the transfer's sync file, if it is reported
   */
  ready(_events: number, status: number): void {
    const transfer = this.#current;
    this.#watch.woken();
    if (transfer === undefined) this.#watch.rested();
    else {
      const outcome = transfer.outcome(this.#watch.reports ? status : undefined);
      if (outcome === 0) this.#watch.goOn();
      else this.#settle(transfer, outcome);
    }
    if (this.#state === 'ending' && this.#current === undefined) this.#free();
  }

  /**
   * Called before the detach. The kernel cancels a transfer under way, which is reported when the kernel has finished
   * it.
   */
  end(): void {
    if (this.#state !== 'attached') return;
    this.#kernel.ledger.letGoOf(this);
    this.#current?.cancelled();
    this.#state = 'ending';
  }

  /** Called when the kernel has released the attachment. */
  ended(): void {
    if (this.#current === undefined) this.#free();
  }

  lookSoon(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#kernel.clock.setTimer(SHARED_PERIOD, () => {
      this.#looking = false;
      const transfer = this.#current;
      if (transfer === undefined || this.#state !== 'attached' || this.record.active.length < 2) return;
      const status = transfer.now();
      if (status === 0) this.lookSoon();
      else this.#settle(transfer, status);
    });
  }

  /** Closes spare descriptors, because a transfer under way could not get a sync file for lack of descriptors. */
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

  #free(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#watch.end();
    this.#kernel.ledger.drop(this.record);
    this.#closeSpare();
    this.#kernel.addon.close(this.#fd);
  }
}
