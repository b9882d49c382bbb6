import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { CpuAccess, DmaBuf } from '../dma-buf.ts';
import type { DmaDirection } from '../scatter-list.ts';
import {
  DMA_BUF_NAME_MAX,
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
  O_ACCMODE,
  O_CLOEXEC,
  O_RDWR,
  PAGE_SIZE,
} from '../uapi.ts';
import type { DmaBufObject } from './buffer-object.ts';
import { byteLength, cString } from './c-string.ts';
import { unwrapFences } from './fence-unwrap.ts';
import { formatFdinfo } from './statistics.ts';
import { SyncFileModel } from './sync-file-model.ts';
import { Usage, usageRw } from './usage.ts';

/** Direction of a CPU access, by the READ and WRITE bits of DMA_BUF_IOCTL_SYNC. */
const DIRECTIONS: readonly (DmaDirection | undefined)[] = [undefined, 'from-device', 'to-device', 'bidirectional'];
const ACCESS_FLAGS: Readonly<Record<CpuAccess, number>> = {
  read: DMA_BUF_SYNC_READ,
  write: DMA_BUF_SYNC_WRITE,
  'read-write': DMA_BUF_SYNC_RW,
};
/** End of the addresses that a process has (x86-64). */
const TASK_SIZE = 2 ** 47 - PAGE_SIZE;

/** A descriptor of a buffer. Made by DmaBufModel.open. Source: drivers/dma-buf/dma-buf.c, dma_buf_fops. */
export class DmaBufFile implements DmaBuf {
  /** O_CLOEXEC: another program that the process starts does not get it. */
  readonly closeOnExec: boolean;
  readonly #object: DmaBufObject;
  #fd: number;
  #bytes: Uint8Array | undefined = undefined;

  /** Called by DmaBufModel. The descriptor takes over a reference. @throws KernelError EMFILE */
  constructor(object: DmaBufObject, fdFlags: number, operation: string) {
    this.closeOnExec = (fdFlags & O_CLOEXEC) !== 0;
    this.#object = object;
    this.#fd = object.model.files.open(this, operation);
  }

  get fd(): number {
    return this.#fd;
  }

  get size(): number {
    return this.#object.size;
  }

  get exporterName(): string {
    return this.#object.exporterName;
  }

  get name(): string | undefined {
    return this.#object.name;
  }

  /** The buffer behind the descriptor, also once this is closed; DmaBufModel.get checks. */
  get object(): DmaBufObject {
    return this.#object;
  }

  /** Target of /proc/PID/fd/N (dmabuffs_dname). */
  get link(): string {
    return `/dmabuf:${this.#object.name ?? ''}`;
  }

  /** The part of /proc/PID/fdinfo/N that dma-bufs add: size, references, exporter and name. @throws KernelError EBADF */
  fdinfo(): string {
    return formatFdinfo(this.#open('fdinfo'));
  }

  setName(name: string): void {
    const object = this.#open('DMA_BUF_SET_NAME');
    const text = cString(name);
    if (byteLength(text) > DMA_BUF_NAME_MAX)
      throw new KernelError('EINVAL', 'DMA_BUF_SET_NAME', `A name has at most ${DMA_BUF_NAME_MAX} bytes.`);
    object.name = text;
  }

  seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    const object = this.#open('lseek');
    if (whence === 'cur' || offset !== 0)
      throw new KernelError('EINVAL', 'lseek', 'Only offset 0 from the start or the end can be sought.');
    return whence === 'end' ? object.size : 0;
  }

  bytes(): Uint8Array {
    const object = this.#open('mmap');
    this.#bytes ??= this.#map(object, object.size, 0);
    return this.#bytes;
  }

  mmap(length: number, offset: number): Uint8Array {
    if (!(offset >= 0) || offset % PAGE_SIZE !== 0)
      throw new KernelError('EINVAL', 'mmap', `Offset ${offset} is not a whole number of pages (${PAGE_SIZE} bytes).`);
    const object = this.#open('mmap');
    if (!(length > 0)) throw new KernelError('EINVAL', 'mmap', 'The length must be at least one byte.');
    if (length > TASK_SIZE) throw new KernelError('ENOMEM', 'mmap', 'No address space has room for that.');
    return this.#map(object, length, offset);
  }

  #map(object: DmaBufObject, length: number, offset: number): Uint8Array {
    if ((object.flags & O_ACCMODE) !== O_RDWR)
      throw new KernelError('EACCES', 'mmap', 'Allocate the buffer with O_RDWR in its fdFlags to map it for writing.');
    return object.mmap(length, offset);
  }

  async sync(flags: number): Promise<void> {
    const object = this.#open('DMA_BUF_IOCTL_SYNC');
    const direction = syncDirection(flags);
    if ((flags & DMA_BUF_SYNC_END) !== 0) object.endCpuAccess(direction);
    else await object.beginCpuAccess(direction);
  }

  beginCpuAccess(access: CpuAccess): Promise<void> {
    return this.sync(ACCESS_FLAGS[access]);
  }

  endCpuAccess(access: CpuAccess): void {
    this.#open('DMA_BUF_IOCTL_SYNC').endCpuAccess(syncDirection(ACCESS_FLAGS[access]));
  }

  /** See the contract. Like the kernel, it leaves a callback on the first fence that an event has to wait for. */
  poll(events: number): number {
    return this.#open('poll').implicitPoll.check(events);
  }

  /** See the contract. Like the kernel, it waits for the reservation's lock first, whatever the timeout is. */
  async ready(events: number, timeout: number = Number.POSITIVE_INFINITY): Promise<number> {
    const object = this.#open('poll');
    return object.implicitPoll.wait(object.model.clock, events, timeout);
  }

  exportSyncFile(flags: number): SyncFileModel {
    const operation = 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE';
    const { model, resv } = this.#open(operation);
    checkAccess(flags, operation);
    model.files.assertRoom(operation);
    const fence = resv.singleton(usageRw((flags & DMA_BUF_SYNC_WRITE) !== 0)) ?? model.stub;
    return model.syncFile(fence, '', operation);
  }

  /** See the contract. While the reservation is locked, the fences are added when their turn comes. */
  importSyncFile(flags: number, file: OpenFile): void {
    const operation = 'DMA_BUF_IOCTL_IMPORT_SYNC_FILE';
    const object = this.#open(operation);
    checkAccess(flags, operation);
    if (!(file instanceof SyncFileModel) || file.model !== object.model || file.fd < 0)
      throw new KernelError('EINVAL', operation, 'This is not an open sync file.');
    const fences = unwrapFences(file.fence);
    const usage = (flags & DMA_BUF_SYNC_WRITE) !== 0 ? Usage.WRITE : Usage.READ;
    object.ref();
    object.resv.whenLocked(() => {
      object.resv.reserve(fences.length);
      for (const fence of fences) object.resv.add(fence, usage);
      object.unref();
    });
  }

  dup(): DmaBufFile {
    const object = this.#open('dup');
    const copy = new DmaBufFile(object, 0, 'dup');
    object.ref();
    return copy;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#object.model.files.close(this.#fd);
    this.#fd = -1;
    this.#bytes = undefined;
    this.#object.unref();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(operation: string): DmaBufObject {
    if (this.#fd < 0) throw new KernelError('EBADF', operation, 'This buffer has been closed.');
    return this.#object;
  }
}

function checkAccess(flags: number, operation: string): void {
  if (flags === DMA_BUF_SYNC_READ || flags === DMA_BUF_SYNC_WRITE || flags === DMA_BUF_SYNC_RW) return;
  throw new KernelError('EINVAL', operation, `Flags ${flags} are neither READ (1), WRITE (2) nor both.`);
}

function syncDirection(flags: number): DmaDirection {
  const direction = DIRECTIONS[flags & DMA_BUF_SYNC_RW];
  if (direction === undefined || flags < 0 || flags > (DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END))
    throw new KernelError('EINVAL', 'DMA_BUF_IOCTL_SYNC', `Flags ${flags}: READ (1) or WRITE (2), perhaps END (4).`);
  return direction;
}
