import type { OpenFile } from '@gadgetloom/core';
import type { DmaFences, SyncFile } from '@gadgetloom/dmabuf';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxSyncFile } from './linux-sync-file.ts';

const MERGE = 'SYNC_IOC_MERGE';
const NAME_MAX = 31;

/** Merges sync files. Source: drivers/dma-buf/sync_file.c. */
export class LinuxFences implements DmaFences {
  readonly #kernel: LinuxKernel;

  constructor(kernel: LinuxKernel) {
    this.#kernel = kernel;
  }

  merge(name: string, first: SyncFile, second: OpenFile): SyncFile {
    const { addon, guards, ledger } = this.#kernel;
    const known = [ledger.syncFile(first), ledger.syncFile(second)];
    if (known.some((file) => file?.released)) throw guards.refusal('sync-file-after-detach', MERGE);
    const fd = succeeded(addon.syncMerge(first.fd, second.fd, firstBytes(name, NAME_MAX)), MERGE, {
      ENOENT: 'The second file is not a sync file. Pass two sync files.',
    });
    // The kernel sorts merged fences by context.
    const transfers = [...new Set(known.flatMap((file) => file?.transfers ?? []))];
    return new LinuxSyncFile(
      this.#kernel,
      fd,
      transfers.sort((one, other) => one.context - other.context),
    );
  }
}

/** Cuts `text` to at most `most` bytes, at a whole character. */
function firstBytes(text: string, most: number): string {
  const into = new Uint8Array(most);
  const { read } = new TextEncoder().encodeInto(text, into);
  return text.slice(0, read);
}
