import { constants, openSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Errno, isKernelError, KernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import {
  decodeDescriptors,
  type EndpointFile,
  type EndpointOptions,
  type Ep0File,
  type FunctionDescriptors,
  type FunctionFsMount,
  type OpenOptions,
} from '@gadgetloom/functionfs';
import { type Direction, endpointDirection } from '@gadgetloom/udc';
import { atExit, type LeftAtExit } from '../kernel/at-exit.ts';
import { fileCall, refusal } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { isInstanceBound } from './bound-instance.ts';
import { EndpointShare } from './endpoint-share.ts';
import { LinuxEndpointFile } from './linux-endpoint-file.ts';
import { LinuxEp0File } from './linux-ep0-file.ts';

const FLAGS = constants.O_RDWR | constants.O_NONBLOCK;
const OPEN_ADVICE = {
  ENODEV: 'The instance is not active. Keep ep0 open, and write descriptors and strings to it first.',
  ENOENT: 'There is no such endpoint file. Write descriptors and strings to ep0 first.',
  EACCES:
    'This user may not open the file. Mount with the uid of this user, or give access to its group by gid, rootMode and fileMode.',
} as const;

/** How long unmounting waits for files that were closed during calls. */
const CLOSE_PATIENCE = 2 * SECOND;

/** Number of attempts of an exiting process to unmount while a thread closes a file, and milliseconds between them. */
const EXIT_TURNS = 100;
const EXIT_PAUSE = 1;

/** A mounted instance of FunctionFS. */
export class LinuxMount implements FunctionFsMount, LeftAtExit {
  readonly instance: string;
  readonly path: string;
  readonly #kernel: LinuxKernel;
  readonly #borrowed: boolean;
  readonly #shares = new Map<string, EndpointShare>();
  readonly #open = new Set<LinuxEndpointFile | LinuxEp0File>();
  readonly #closing = new Set<Promise<void>>();
  #descriptors: FunctionDescriptors | undefined;
  #mounted = true;

  /** @param borrowed true if `setup` mounted it: then it stays mounted */
  constructor(kernel: LinuxKernel, instance: string, path: string, borrowed = false) {
    this.#kernel = kernel;
    this.#borrowed = borrowed;
    this.instance = instance;
    this.path = path;
    atExit.add(this);
  }

  /** Descriptors that were written to ep0; `undefined` before. */
  get descriptors(): FunctionDescriptors | undefined {
    return this.#descriptors;
  }

  async files(): Promise<readonly string[]> {
    this.#mustBeMounted('list functionfs');
    return fileCall(`list ${this.path}`, () => readdirSync(this.path)).sort();
  }

  async openEp0(options: OpenOptions = {}): Promise<Ep0File> {
    // Closing the last file decides what becomes of the instance.
    if (this.#open.size === 0) await Promise.all(this.#closing);
    if (this.#isKeptBound()) throw this.#kernel.guards.refusal('reopen-bound', 'open ep0');
    const fd = await this.#openFile('ep0', options.nonblock ?? false);
    const file = new LinuxEp0File(this.#kernel, this, fd, options.nonblock ?? false);
    this.#open.add(file);
    return file;
  }

  async openEndpoint(name: string, options: EndpointOptions = {}): Promise<EndpointFile> {
    const fd = await this.#openFile(name, options.nonblock ?? false);
    let share = this.#shares.get(name);
    if (share === undefined) {
      share = new EndpointShare(this.#kernel, this.instance, name, this.#direction(name));
      this.#shares.set(name, share);
    }
    const file = new LinuxEndpointFile(this.#kernel, share, fd, options, (closed) => this.#closed(closed));
    this.#open.add(file);
    return file;
  }

  async unmount(): Promise<void> {
    if (!this.#mounted) return;
    const operation = `umount ${this.path}`;
    if (this.#open.size > 0)
      throw new KernelError('EBUSY', operation, `Files are open (${this.#open.size}). Close them first.`);
    await Promise.all(this.#closing);
    if (this.#borrowed) {
      this.#unmounted();
      return;
    }
    const due = this.#kernel.clock.now() + CLOSE_PATIENCE;
    for (;;) {
      const result = this.#kernel.addon.umount(this.path);
      if (result >= 0) break;
      const refused = refusal(result, operation, {
        EBUSY: 'Another process has files of the instance open. End it first.',
      });
      if (refused.code !== 'EBUSY' || this.#kernel.clock.now() > due) throw refused;
      await sleep(this.#kernel.clock, 2 * MILLISECOND);
    }
    this.#unmounted();
    fileCall(`rmdir ${this.path}`, () => rmdirSync(this.path));
  }

  /** Closes the open files, which interrupts their waiting calls, and unmounts. */
  [Symbol.asyncDispose](): Promise<void> {
    // Endpoint files first: while ep0 is open, the instance keeps its state.
    for (const file of [...this.#open].reverse()) file.close();
    return this.unmount();
  }

  closeNow(): void {
    for (const file of [...this.#open].reverse()) file.closeNow();
    if (this.#borrowed) return;
    for (let turn = 0; turn < EXIT_TURNS && this.#kernel.addon.umount(this.path) === -Errno.EBUSY; turn++) pause();
    rmdirSync(this.path);
  }

  /** Called when the kernel has accepted descriptors. */
  described(blob: Uint8Array): void {
    this.#descriptors = decodeDescriptors(blob);
  }

  /** Called when events were read: endpoints may now be enabled. */
  eventsRead(): void {
    for (const share of this.#shares.values()) share.changed();
  }

  /** Called when a file is being closed. Unmounting waits for it. */
  closing(closed: Promise<void>, file: LinuxEp0File): void {
    const mine = closed.then(() => void this.#closing.delete(mine));
    this.#closing.add(mine);
    this.#closed(file);
  }

  #unmounted(): void {
    this.#mounted = false;
    atExit.forget(this);
  }

  #closed(file: LinuxEndpointFile | LinuxEp0File): void {
    this.#open.delete(file);
    if (this.#open.size > 0) return;
    // When its last file closes, the instance drops its state (ffs_data_closed).
    this.#descriptors = undefined;
    this.#shares.clear();
  }

  /**
   * True if the last file was closed while the function was bound (no_disconnect): its endpoint files are gone then.
   */
  #isKeptBound(): boolean {
    if (!this.#mounted || this.#open.size > 0) return false;
    const files = fileCall(`list ${this.path}`, () => readdirSync(this.path));
    return files.every((name) => name === 'ep0') && isInstanceBound(this.#kernel.paths, this.instance);
  }

  async #openFile(name: string, nonblock: boolean): Promise<number> {
    this.#mustBeMounted(`open ${name}`);
    for (;;) {
      try {
        const path = join(this.path, name);
        return fileCall(`open ${name}`, () => openSync(path, FLAGS), OPEN_ADVICE);
      } catch (error) {
        if (!isKernelError(error, 'EAGAIN') || nonblock) throw error;
      }
      await sleep(this.#kernel.clock, MILLISECOND);
    }
  }

  /**
   * Direction of an endpoint file by the descriptors. `epNN` is an address with VIRTUAL_ADDR, and otherwise an index.
   */
  #direction(name: string): Direction {
    const descriptors = this.#descriptors;
    const list = descriptors?.full ?? descriptors?.high ?? descriptors?.super ?? [];
    const addresses = [...new Set(list.flatMap((item) => (item.type === 'endpoint' ? [item.address] : [])))];
    const number = name.slice(2);
    const address = descriptors?.virtualAddress ? Number.parseInt(number, 16) : addresses[Number(number) - 1];
    if (address === undefined)
      throw new KernelError(
        'EINVAL',
        `open ${name}`,
        'Its direction is unknown. Write the descriptors through the same mount.',
      );
    return endpointDirection(address);
  }

  #mustBeMounted(operation: string): void {
    if (!this.#mounted) throw new KernelError('ENOENT', operation, 'The instance has been unmounted.');
  }
}

/** Blocks the thread. An exiting process runs nothing else anyway. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_PAUSE);
}
