import { fstatSync } from 'node:fs';
import type { OpenFile } from '@gadgetloom/core';
import type { SyncFile } from '@gadgetloom/dmabuf';
import type { Addon } from '@gadgetloom/linux-native';
import { fileCall } from '../kernel/kernel-call.ts';
import { type AttachedBuffer, BufferRecord, type PendingTransfer } from './buffer-record.ts';
import { SpentSyncFiles } from './spent-sync-files.ts';

/** A sync file of this stack. */
export interface KnownSyncFile extends SyncFile {
  /** Transfers whose fences may be in the file. */
  readonly transfers: readonly PendingTransfer[];
  /** True once the kernel must not be asked about the file any more. */
  readonly released: boolean;
  /** True if the file may hold fences of transfers of that attachment. */
  holds(attachment: AttachedBuffer): boolean;
  /** Called before an attachment goes whose fences the file may hold. The file then answers from what was read. */
  release(): void;
}

/** Records the buffers, transfers and sync files of this stack, which the kernel does not list. */
export class BufferLedger {
  readonly #records = new Map<string, BufferRecord>();
  readonly #syncFiles = new Set<KnownSyncFile>();
  /** Sync files of finished transfers. */
  readonly spent: SpentSyncFiles;

  constructor(addon: Addon) {
    this.spent = new SpentSyncFiles(addon);
  }

  /** Returns the record of an open dma-buf, and makes it if needed. Callers give it back with {@link drop}. */
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

  /** Returns the record of a descriptor, if there is one. @throws KernelError EBADF */
  find(file: OpenFile, operation: string): BufferRecord | undefined {
    return this.#records.get(fileCall(operation, () => keyOf(file.fd)));
  }

  opened(file: KnownSyncFile): void {
    this.#syncFiles.add(file);
  }

  closed(file: KnownSyncFile): void {
    this.#syncFiles.delete(file);
  }

  /** Returns the sync file with that descriptor, if it belongs to this stack. */
  syncFile(file: OpenFile): KnownSyncFile | undefined {
    for (const known of this.#syncFiles) if (known === file || known.fd === file.fd) return known;
    return undefined;
  }

  /**
   * Call this before an attachment goes. From then on the kernel must not be asked about fences of its transfers,
   * because their lock is part of the attachment (f_fs.c, struct ffs_dmabuf_priv).
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
