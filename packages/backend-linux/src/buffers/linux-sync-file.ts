import { POLLIN } from '@gadgetloom/core';
import type { DmaFence, SyncFenceInfo, SyncFile, SyncFileInfo } from '@gadgetloom/dmabuf';
import { FileWaiters } from '../kernel/file-waiters.ts';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { KnownSyncFile } from './buffer-ledger.ts';
import type { AttachedBuffer, PendingTransfer } from './buffer-record.ts';
import { SyncFileFence } from './sync-file-fence.ts';
import { readInfo } from './sync-file-info.ts';

/**
 * A descriptor of a sync file. It waits for fences of transfers by polling their buffers. If a sync file was polled and
 * outlives the attachment of the buffer, Linux uses freed memory when the file is closed (docs/kernel-hazards.md).
 */
export class LinuxSyncFile implements KnownSyncFile {
  readonly fence: DmaFence;
  readonly #kernel: LinuxKernel;
  #fd: number;
  readonly #transfers: readonly PendingTransfer[];
  /** True if the file has fences that belong to no transfer of this stack. */
  readonly #foreign: boolean;
  #waiters: FileWaiters | undefined;
  /** Transfers that were under way when the file was made. */
  #pending: readonly PendingTransfer[] = [];
  /** The kernel's last answer, read before it could no longer be asked. */
  #last: SyncFileInfo | undefined;

  /**
   * @param fd open descriptor, which this object closes
   * @param transfers transfers whose fences may be in the file
   */
  constructor(kernel: LinuxKernel, fd: number, transfers: readonly PendingTransfer[]) {
    this.#kernel = kernel;
    this.#fd = fd;
    const { fences } = readInfo(kernel, fd);
    const ours = fences.filter(({ driverName }) => driverName === 'functionfs').length;
    this.#transfers = ours === 0 ? [] : [...transfers];
    this.#foreign = fences.length > this.#transfers.length && fences.some(({ status }) => status === 0);
    const [only, ...more] = this.#transfers;
    this.fence = only !== undefined && more.length === 0 && !this.#foreign ? only : new SyncFileFence(kernel, this);
    kernel.ledger.opened(this);
  }

  get fd(): number {
    return this.#fd;
  }

  get transfers(): readonly PendingTransfer[] {
    return this.#transfers;
  }

  get released(): boolean {
    return this.#last !== undefined;
  }

  holds(attachment: AttachedBuffer): boolean {
    return this.#transfers.some((transfer) => transfer.attachment === attachment);
  }

  info(): SyncFileInfo {
    if (this.#last === undefined) return readInfo(this.#kernel, this.#fd);
    const fences = this.#fencesNow(this.#last.fences);
    return { name: this.#last.name, status: overall(fences), fences };
  }

  poll(): number {
    // A failed fence decides the status, although others may still be active.
    return this.info().fences.some(({ status }) => status === 0) ? 0 : POLLIN;
  }

  async ready(timeout = Number.POSITIVE_INFINITY): Promise<number> {
    const now = this.poll();
    if (now !== 0 || timeout <= 0) return now;
    if (this.#foreign) {
      this.#waiters ??= new FileWaiters(this.#kernel, this.#fd, 'poll sync_file');
      return this.#waiters.wait(POLLIN, timeout);
    }
    const due = this.#kernel.clock.now() + timeout;
    for (const transfer of this.#transfers) {
      const left = due - this.#kernel.clock.now();
      if (left <= 0 || (await transfer.wait(left)) === 0) return 0;
    }
    return POLLIN;
  }

  setDeadline(at: number): void {
    if (this.released) return;
    const argument = new Uint8Array(16);
    new DataView(argument.buffer).setBigUint64(0, this.#kernel.hostTime(at), true);
    succeeded(this.#kernel.ioctl(this.#fd, 'SYNC_IOC_SET_DEADLINE', argument), 'SYNC_IOC_SET_DEADLINE');
  }

  dup(): SyncFile {
    const operation = 'dup sync_file';
    if (this.released) throw this.#kernel.guards.refusal('sync-file-after-detach', operation);
    return new LinuxSyncFile(this.#kernel, succeeded(this.#kernel.addon.dup(this.#fd), operation), this.#transfers);
  }

  release(): void {
    if (this.#last !== undefined || this.#fd < 0) return;
    this.#pending = this.#transfers.filter((transfer) => transfer.now() === 0);
    this.#last = readInfo(this.#kernel, this.#fd);
    this.#waiters?.end(POLLIN);
    this.#kernel.addon.close(this.#fd);
    // Keeps the descriptor's number in use, because a caller may still hold it.
    this.#fd = succeeded(this.#kernel.addon.memfd('released sync_file', 0, 0), 'memfd_create');
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#waiters?.end(POLLIN);
    this.#kernel.ledger.closed(this);
    this.#kernel.addon.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The fences of the kernel's last list. Active ones get the present status of their transfers, in order. */
  #fencesNow(fences: readonly SyncFenceInfo[]): SyncFenceInfo[] {
    let next = 0;
    return fences.map((fence) => {
      const transfer = fence.status === 0 ? this.#pending[next++] : undefined;
      const status = transfer?.peek() ?? 0;
      return status === 0 ? fence : { ...fence, status, timestamp: transfer?.timestamp ?? 0 };
    });
  }
}

/** Status of several fences: that of the first one that is active or failed. */
function overall(fences: readonly SyncFenceInfo[]): number {
  return fences.find(({ status }) => status <= 0)?.status ?? 1;
}
