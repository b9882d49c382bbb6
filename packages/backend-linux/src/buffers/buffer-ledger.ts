import { fstatSync } from 'node:fs';
import { Errno, type OpenFile } from '@gadgetloom/core';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { Attachment } from './attachment.ts';
import type { LinuxSyncFile } from './linux-sync-file.ts';
import type { LinuxTransfer } from './linux-transfer.ts';
import { SpentSyncFiles } from './spent-sync-files.ts';

/** What is known of one dma-buf, whichever descriptors it has. */
export class BufferRecord {
  /** Device and inode: what descriptors of one dma-buf share. */
  readonly key: string;
  /** Given with DMA_BUF_SET_NAME through this backend. */
  name: string | undefined = undefined;
  /** Where the buffer was attached last, and as what: found without a look into a map for each transfer. */
  attachedTo: object | undefined = undefined;
  attachment: Attachment | undefined = undefined;
  /** Descriptors and attachments that need the record. */
  holders = 0;
  /** Transfers whose fences are in the reservation and were active when last looked at; oldest first. */
  readonly active: LinuxTransfer[] = [];

  constructor(key: string) {
    this.key = key;
  }

  begin(transfer: LinuxTransfer): void {
    this.active.push(transfer);
  }

  end(transfer: LinuxTransfer): void {
    const { active } = this;
    if (active.length === 1 && active[0] === transfer) active.pop();
    else {
      const at = active.indexOf(transfer);
      if (at >= 0) active.splice(at, 1);
    }
  }
}

/** Which buffers, transfers and sync files this stack has: what the kernel cannot be asked for. */
export class BufferLedger {
  readonly #kernel: LinuxKernel;
  readonly #records = new Map<string, BufferRecord>();
  readonly #syncFiles = new Set<LinuxSyncFile>();
  /** Sync files of transfers that are over. */
  readonly spent: SpentSyncFiles;

  constructor(kernel: LinuxKernel) {
    this.#kernel = kernel;
    this.spent = new SpentSyncFiles(kernel.addon);
  }

  /** The record of an open dma-buf, made if there is none. Give it back with {@link drop}. */
  hold(fd: number): BufferRecord {
    const key = keyOf(fd);
    let record = this.#records.get(key);
    if (record === undefined) {
      record = new BufferRecord(key);
      this.#records.set(key, record);
    }
    record.holders++;
    return record;
  }

  drop(record: BufferRecord): void {
    if (--record.holders === 0) this.#records.delete(record.key);
  }

  /** The record behind a descriptor, if it is known. @throws KernelError EBADF */
  find(file: OpenFile, operation: string): BufferRecord | undefined {
    return this.#records.get(fileCall(operation, () => keyOf(file.fd)));
  }

  /** True for a dma-buf: other files do not know its ioctls. */
  isDmaBuf(fd: number): boolean {
    return this.#kernel.ioctl(fd, 'DMA_BUF_IOCTL_SYNC', new Uint8Array(8)) === -Errno.EINVAL;
  }

  opened(file: LinuxSyncFile): void {
    this.#syncFiles.add(file);
  }

  closed(file: LinuxSyncFile): void {
    this.#syncFiles.delete(file);
  }

  /** The sync file with that descriptor, if it is one of this stack. */
  syncFile(file: OpenFile): LinuxSyncFile | undefined {
    for (const known of this.#syncFiles) if (known === file || known.fd === file.fd) return known;
    return undefined;
  }

  /**
   * Before an attachment goes: the kernel must not be asked any more about fences of its transfers, because their lock
   * goes with it (f_fs.c, struct ffs_dmabuf_priv).
   */
  letGoOf(attachment: Attachment): void {
    for (const file of this.#syncFiles) if (file.holds(attachment)) file.release();
    for (const record of this.#records.values())
      for (const transfer of record.active) if (transfer.seesBehind(attachment)) transfer.dropSyncFile();
    this.spent.close();
  }
}

function keyOf(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}
