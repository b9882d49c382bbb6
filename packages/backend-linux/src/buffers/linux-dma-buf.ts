import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Errno, KernelError, type OpenFile, POLLIN, POLLOUT } from '@gadgetloom/core';
import {
  type CpuAccess,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
  type DmaBuf,
  type SyncFile,
} from '@gadgetloom/dmabuf';
import type { Mapping } from '@gadgetloom/linux-native';
import { FileWaiters } from '../kernel/file-waiters.ts';
import { fileCall, refusal, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { BufferRecord } from './buffer-record.ts';
import { exportSyncFile } from './export-sync-file.ts';
import { LinuxSyncFile } from './linux-sync-file.ts';

const SYNC = 'DMA_BUF_IOCTL_SYNC';
const MMAP_ADVICE = {
  EACCES: 'The buffer was not allocated for reading and writing. Allocate it with O_RDWR, the default.',
} as const;

const ACCESS: Readonly<Record<CpuAccess, number>> = {
  read: DMA_BUF_SYNC_READ,
  write: DMA_BUF_SYNC_WRITE,
  'read-write': DMA_BUF_SYNC_RW,
};

const WHENCE = { set: 0, cur: 1, end: 2 } as const;

/** A descriptor of a dma-buf of the kernel. */
export class LinuxDmaBuf implements DmaBuf {
  readonly size: number;
  readonly exporterName: string;
  readonly #kernel: LinuxKernel;
  readonly #record: BufferRecord;
  readonly #waiters: FileWaiters;
  #fd: number;
  #bytes: Uint8Array | undefined;
  readonly #mappings: Mapping[] = [];

  /**
   * @param fd open descriptor, which this object closes
   * @throws KernelError EINVAL the descriptor is not a dma-buf
   */
  constructor(kernel: LinuxKernel, fd: number, exporterName?: string) {
    this.#kernel = kernel;
    this.#fd = fd;
    const advice = {
      EINVAL: 'The descriptor is not a dma-buf. Pass one of a heap or of udmabuf.',
      ESPIPE: 'The descriptor is not a dma-buf. Pass one of a heap or of udmabuf.',
    };
    if (!kernel.isDmaBuf(fd)) throw refusal(-Errno.EINVAL, 'import dma-buf', advice);
    this.size = succeeded(kernel.addon.lseek(fd, 0, WHENCE.end), 'lseek dma-buf', advice);
    this.#record = kernel.ledger.hold(fd);
    this.#waiters = new FileWaiters(kernel, fd, 'poll dma-buf');
    const facts = exporterName === undefined ? readFacts(kernel, fd) : undefined;
    this.exporterName = exporterName ?? facts?.exporterName ?? 'unknown';
    if (facts?.name !== undefined) this.#record.name = facts.name;
  }

  get fd(): number {
    return this.#fd;
  }

  /** The record that all descriptors of the buffer share. */
  get record(): BufferRecord {
    return this.#record;
  }

  get name(): string | undefined {
    return this.#record.name;
  }

  setName(name: string): void {
    succeeded(this.#kernel.addon.setDmaBufName(this.#fd, name), 'DMA_BUF_SET_NAME', {
      EINVAL: 'The name of a dma-buf has at most 31 bytes. Shorten it.',
    });
    this.#record.name = name;
  }

  seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    return succeeded(this.#kernel.addon.lseek(this.#fd, offset, WHENCE[whence]), 'lseek dma-buf', {
      EINVAL: 'Only offset 0 is allowed, from the start or the end. From the end it gives the size.',
    });
  }

  bytes(): Uint8Array {
    this.#bytes ??= this.mmap(this.size, 0);
    return this.#bytes;
  }

  mmap(length: number, offset: number): Uint8Array {
    const mapping = this.#kernel.addon.mmap(this.#fd, length, offset);
    if (typeof mapping === 'number') throw refusal(mapping, 'mmap dma-buf', MMAP_ADVICE);
    this.#mappings.push(mapping);
    return new Uint8Array(mapping[0]);
  }

  async sync(flags: number): Promise<void> {
    const access = flags & DMA_BUF_SYNC_RW;
    const starts = (flags & ~DMA_BUF_SYNC_RW) === 0 && access !== 0;
    // The kernel would wait inside the call and block the event loop.
    if (starts) await this.#waiters.wait(access & DMA_BUF_SYNC_WRITE ? POLLOUT : POLLIN);
    this.#sync(flags);
  }

  beginCpuAccess(access: CpuAccess): Promise<void> {
    return this.sync(ACCESS[access]);
  }

  endCpuAccess(access: CpuAccess): void {
    this.#sync(ACCESS[access] | DMA_BUF_SYNC_END);
  }

  poll(events: number): number {
    return this.#waiters.poll(events);
  }

  async ready(events: number, timeout?: number): Promise<number> {
    return this.#waiters.wait(events, timeout);
  }

  exportSyncFile(flags: number): SyncFile {
    const fd = succeeded(exportSyncFile(this.#kernel, this.#fd, flags), 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE', {
      EINVAL: 'Pass DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE or both as flags.',
    });
    return new LinuxSyncFile(this.#kernel, fd, this.#record.active);
  }

  importSyncFile(flags: number, file: OpenFile): void {
    const operation = 'DMA_BUF_IOCTL_IMPORT_SYNC_FILE';
    const known = this.#kernel.ledger.syncFile(file);
    if (known?.released) throw this.#kernel.guards.refusal('sync-file-after-detach', operation);
    const argument = new Uint8Array(8);
    const view = new DataView(argument.buffer);
    view.setUint32(0, flags, true);
    view.setInt32(4, file.fd, true);
    succeeded(this.#kernel.ioctl(this.#fd, operation, argument), operation, {
      EINVAL: 'Pass DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE or both as flags, and a sync file.',
    });
    for (const transfer of known?.transfers ?? []) {
      if (this.#record.active.includes(transfer) || transfer.status !== 0) continue;
      const record = this.#record;
      record.begin(transfer);
      transfer.addCallback({ fenceSignaled: () => record.end(transfer) });
    }
  }

  dup(): DmaBuf {
    return new LinuxDmaBuf(this.#kernel, succeeded(this.#kernel.addon.dup(this.#fd), 'dup dma-buf'), this.exporterName);
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#waiters.end(0);
    for (const [memory, handle] of this.#mappings.splice(0)) this.#kernel.addon.unmap(memory, handle);
    this.#kernel.ledger.drop(this.#record);
    this.#kernel.addon.close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #sync(flags: number): void {
    if (this.#fd < 0) throw new KernelError('EBADF', SYNC, 'The buffer has been closed.');
    const argument = new Uint8Array(8);
    new DataView(argument.buffer).setUint32(0, flags >>> 0, true);
    succeeded(this.#kernel.ioctl(this.#fd, SYNC, argument), SYNC, {
      EINVAL: 'Pass DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE or both as flags, and DMA_BUF_SYNC_END to end the access.',
    });
  }
}

/** Information on a dma-buf from /proc/self/fdinfo (dma_buf_show_fdinfo). */
function readFacts(kernel: LinuxKernel, fd: number): { exporterName?: string; name?: string } {
  const path = join(kernel.paths.proc, 'self/fdinfo', String(fd));
  const text = fileCall(`read ${path}`, () => readFileSync(path, 'utf8'));
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1];
  const exporterName = field('exp_name');
  const name = field('name');
  return { ...(exporterName !== undefined && { exporterName }), ...(name !== undefined && { name }) };
}
