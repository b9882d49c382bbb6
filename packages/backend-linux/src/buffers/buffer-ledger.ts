import { fstatSync } from 'node:fs';
import type { OpenFile } from '@gadgetloom/core';
import type { SyncFile } from '@gadgetloom/dmabuf';
import type { Addon } from '@gadgetloom/linux-native';
import { fileCall } from '../kernel/kernel-call.ts';
import { type AttachedBuffer, BufferRecord, type PendingTransfer } from './buffer-record.ts';
import { SpentSyncFiles } from './spent-sync-files.ts';

/** A sync file of this stack. */
export interface KnownSyncFile extends SyncFile {
  /** Transfers whose fences may be in it. */
  readonly transfers: readonly PendingTransfer[];
  /** True once the kernel must not be asked about it any more. */
  readonly released: boolean;
  /** True if it may hold fences of transfers of that attachment. */
  holds(attachment: AttachedBuffer): boolean;
  /** An attachment whose fences it may have is about to go: from now on it answers from what is known. */
  release(): void;
}

/** Which buffers, transfers and sync files this stack has: what the kernel cannot be asked for. */
export class BufferLedger {
  readonly #records = new Map<string, BufferRecord>();
  readonly #syncFiles = new Set<KnownSyncFile>();
  /** Sync files of transfers that are over. */
  readonly spent: SpentSyncFiles;

  constructor(addon: Addon) {
    this.spent = new SpentSyncFiles(addon);
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

  opened(file: KnownSyncFile): void {
    this.#syncFiles.add(file);
  }

  closed(file: KnownSyncFile): void {
    this.#syncFiles.delete(file);
  }

  /** The sync file with that descriptor, if it is one of this stack. */
  syncFile(file: OpenFile): KnownSyncFile | undefined {
    for (const known of this.#syncFiles) if (known === file || known.fd === file.fd) return known;
    return undefined;
  }

  /**
   * Before an attachment goes: the kernel must not be asked any more about fences of its transfers, because their lock
   * goes with it (f_fs.c, struct ffs_dmabuf_priv).
   */
  letGoOf(attachment: AttachedBuffer): void {
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
