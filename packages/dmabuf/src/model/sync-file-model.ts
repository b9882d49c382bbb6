import { KernelError, POLLIN } from '@gadgetloom/core';
import type { FenceCallback } from '../fence.ts';
import type { SyncFenceInfo, SyncFile, SyncFileInfo } from '../sync-file.ts';
import { truncate } from './c-string.ts';
import type { Fence } from './fence.ts';
import { unwrapFences } from './fence-unwrap.ts';
import type { DmaBufModel } from './model.ts';

/** Size of the names of a sync file, with their NUL. */
const NAME_SIZE = 32;

/** State that all descriptors of one sync file share (struct sync_file). */
class SyncFileObject implements FenceCallback {
  readonly fence: Fence;
  readonly userName: string;
  #descriptors = 0;
  #watching = false;

  constructor(fence: Fence, userName: string) {
    this.fence = fence;
    this.userName = truncate(userName, NAME_SIZE);
  }

  /** The name given, or what the fence is called (sync_file_get_name). */
  get name(): string {
    if (this.userName !== '') return this.userName;
    const { driverName, timelineName, context, seqno } = this.fence;
    return truncate(`${driverName}-${timelineName}${context}-${seqno}`, NAME_SIZE);
  }

  opened(): void {
    this.#descriptors++;
  }

  closed(): void {
    if (--this.#descriptors === 0 && this.#watching) this.fence.removeCallback(this);
  }

  /** The first look asks the fence to signal by itself. */
  poll(): number {
    if (!this.#watching) {
      this.#watching = true;
      this.fence.addCallback(this);
    }
    return this.fence.isSignaled() ? POLLIN : 0;
  }

  fenceSignaled(): void {}
}

/** SYNC_IOC_FILE_INFO as it is: with the number of fences that there are, and those that there was room for. */
export interface SyncFileInfoAnswer extends SyncFileInfo {
  /** Fences that the file has; more than the caller had room for, perhaps. */
  readonly count: number;
}

/** A descriptor of a sync file. Made by DmaBufModel.syncFile. Source: drivers/dma-buf/sync_file.c. */
export class SyncFileModel implements SyncFile {
  readonly model: DmaBufModel;
  readonly #object: SyncFileObject;
  #fd: number;

  private constructor(model: DmaBufModel, object: SyncFileObject, operation: string) {
    this.model = model;
    this.#object = object;
    this.#fd = model.files.open(this, operation);
    object.opened();
  }

  /** Called by DmaBufModel. @throws KernelError EMFILE */
  static open(model: DmaBufModel, fence: Fence, name: string, operation: string): SyncFileModel {
    return new SyncFileModel(model, new SyncFileObject(fence, name), operation);
  }

  get fd(): number {
    return this.#fd;
  }

  get fence(): Fence {
    return this.#object.fence;
  }

  info(): SyncFileInfo {
    const { name, status, fences } = this.fileInfo(Number.POSITIVE_INFINITY);
    return { name, status, fences };
  }

  /**
   * SYNC_IOC_FILE_INFO.
   *
   * @param room fences that the caller has room for; with 0 only name, count and status of the whole are given
   * @throws KernelError EINVAL there are more fences than that; EBADF
   */
  fileInfo(room: number): SyncFileInfoAnswer {
    const { fence, name } = this.#open('SYNC_IOC_FILE_INFO');
    const members = unwrapFences(fence);
    const count = members.length;
    if (room === 0) return { name, status: fence.status, count, fences: [] };
    if (room < count)
      throw new KernelError(
        'EINVAL',
        'SYNC_IOC_FILE_INFO',
        `There are ${count} fences; ask with room for all, or for 0.`,
      );
    const fences = members.map(fenceInfo);
    const status = fences.find((info) => info.status <= 0)?.status ?? 1;
    return { name, status, count, fences };
  }

  poll(): number {
    return this.#open('poll').poll();
  }

  async ready(timeout: number = Number.POSITIVE_INFINITY): Promise<number> {
    const object = this.#open('poll');
    const now = object.poll();
    if (now !== 0 || timeout <= 0) return now;
    await object.fence.waitTimeout(timeout);
    return object.poll();
  }

  setDeadline(at: number): void {
    this.#open('SYNC_IOC_SET_DEADLINE').fence.setDeadline(at);
  }

  /** @throws KernelError EMFILE, EBADF */
  dup(): SyncFileModel {
    return new SyncFileModel(this.model, this.#open('dup'), 'dup');
  }

  close(): void {
    if (this.#fd < 0) return;
    this.model.files.close(this.#fd);
    this.#fd = -1;
    this.#object.closed();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(operation: string): SyncFileObject {
    if (this.#fd < 0) throw new KernelError('EBADF', operation, 'This sync file has been closed.');
    return this.#object;
  }
}

function fenceInfo(fence: Fence): SyncFenceInfo {
  return {
    objectName: truncate(fence.timelineName, NAME_SIZE),
    driverName: truncate(fence.driverName, NAME_SIZE),
    status: fence.status,
    timestamp: fence.timestamp ?? 0,
  };
}
