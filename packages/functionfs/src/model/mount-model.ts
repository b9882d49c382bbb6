import { KernelError } from '@gadgetloom/core';
import type { EndpointOptions, FunctionFsMount, MountOptions, OpenOptions } from '../functionfs.ts';
import { EndpointFileModel } from './endpoint-file-model.ts';
import { Ep0FileModel } from './ep0-file-model.ts';
import type { FfsData } from './ffs-data.ts';

/** Owner and modes of a mount's files. The model does not enforce them. */
export interface MountPermissions {
  /** Mode of the root directory, within 0555; 0500 unless given. */
  readonly rootMode: number;
  /** Mode of the files, within 0666; 0600 unless given. */
  readonly fileMode: number;
  /** Owner of the files. */
  readonly uid: number;
  /** Group of the files. */
  readonly gid: number;
}

/** A mounted instance. Source: f_fs.c, ffs_sb_fill and ffs_fs_kill_sb. */
export class MountModel implements FunctionFsMount {
  readonly instance: string;
  readonly path = undefined;
  readonly permissions: MountPermissions;
  readonly #data: FfsData;
  #mounted = true;

  /** For FunctionFsModel. */
  constructor(data: FfsData, options: MountOptions) {
    this.instance = data.name;
    this.#data = data;
    this.permissions = {
      rootMode: (options.rootMode ?? 0o500) & 0o555,
      fileMode: (options.fileMode ?? 0o600) & 0o666,
      uid: options.uid ?? 0,
      gid: options.gid ?? 0,
    };
  }

  /** State of the instance, for observers of a simulation. */
  get state(): FfsData['state'] {
    return this.#data.state;
  }

  async files(): Promise<readonly string[]> {
    this.#checkMounted('readdir');
    return ['ep0', ...(this.#data.endpoints ?? []).map(({ name }) => name)];
  }

  async openEp0(options: OpenOptions = {}): Promise<Ep0FileModel> {
    const data = this.#data;
    const nonblock = options.nonblock ?? false;
    this.#checkMounted('open ep0');
    data.kernel.dmabuf.files.assertRoom('open ep0');
    if (!data.mutex.tryLock()) await data.mutex.lock(nonblock, 'open ep0');
    try {
      data.fileOpened();
      if (data.state === 'CLOSING') {
        data.fileClosed();
        throw new KernelError('EBUSY', 'open ep0', 'The instance is closing: try again, or close all its files first.');
      }
      return this.#opened(() => new Ep0FileModel(data, nonblock));
    } finally {
      data.mutex.unlock();
    }
  }

  async openEndpoint(name: string, options: EndpointOptions = {}): Promise<EndpointFileModel> {
    const data = this.#data;
    const operation = `open ${name}`;
    const nonblock = options.nonblock ?? false;
    this.#checkMounted(operation);
    const endpoint = data.endpoints?.find((candidate) => candidate.name === name);
    if (endpoint === undefined) {
      const names = data.endpoints?.map((candidate) => candidate.name).join(', ');
      const advice =
        names === undefined ? 'Write descriptors and strings to ep0 first.' : `There are: ${names || 'none'}.`;
      throw new KernelError('ENOENT', operation, advice);
    }
    data.kernel.dmabuf.files.assertRoom(operation);
    if (!data.mutex.tryLock()) await data.mutex.lock(nonblock, operation);
    try {
      if (data.opened <= 0) throw new KernelError('ENODEV', operation, 'Keep ep0 open while endpoints are opened.');
      data.fileOpened();
      if (data.state !== 'ACTIVE' || data.endpoints?.includes(endpoint) !== true) {
        data.fileClosed();
        throw new KernelError('ENODEV', operation, 'The endpoint file was removed: write the descriptors again.');
      }
      return this.#opened(() => new EndpointFileModel(endpoint, nonblock, options.gadgetName));
    } finally {
      data.mutex.unlock();
    }
  }

  /** Gives the open file a descriptor. Others may have taken the last one during the wait for the lock. */
  #opened<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      this.#data.fileClosed();
      throw error;
    }
  }

  async unmount(): Promise<void> {
    const operation = `umount ${this.instance}`;
    this.#checkMounted(operation);
    const open = this.#data.files.size;
    if (open > 0) throw new KernelError('EBUSY', operation, `Close the ${open} open files first.`);
    this.#mounted = false;
    this.#data.fileClosed();
    this.#data.workQueue.drain();
    this.#data.instance?.unmounted();
  }

  /** Closes the files that are open, interrupting calls in progress (EINTR), and unmounts. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#mounted) return;
    const { files, released } = this.#data;
    for (const file of [...files]) file[Symbol.dispose]();
    while (files.size > 0) await released.sleep('umount');
    if (this.#mounted) await this.unmount();
  }

  #checkMounted(operation: string): void {
    if (!this.#mounted) throw new KernelError('ENOENT', operation, 'The instance has been unmounted.');
  }
}
