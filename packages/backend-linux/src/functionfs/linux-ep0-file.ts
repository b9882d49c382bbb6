import { close, closeSync, read, write } from 'node:fs';
import { promisify } from 'node:util';
import { isKernelError, KernelError, MILLISECOND, POLLIN, sleep } from '@gadgetloom/core';
import type { Ep0File } from '@gadgetloom/functionfs';
import { FileWaiters } from '../kernel/file-waiters.ts';
import { fileCallAsync, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { lacksFullSpeed } from './full-speed.ts';
import type { LinuxMount } from './linux-mount.ts';

const readFile = promisify(read);
const writeFile = promisify(write);

const READ_ADVICE = {
  EAGAIN: 'No event is queued. Poll the file to wait for the next one.',
  EINVAL: 'An event has 12 bytes. Pass room for at least one.',
  EL2HLT: 'The host expects data, so reading stalled the control request. Write the data instead.',
  EIDRM: 'A later event cancelled the control request. Read events again.',
} as const;
const WRITE_ADVICE = {
  EINVAL: 'The kernel refuses the descriptors or strings. validateDescriptors and validateStrings say why.',
  ESRCH: 'No control request waits for an answer. Read a SETUP event first.',
  EL2HLT: 'The host sends data, so writing stalled the control request. Read the data instead.',
  EIDRM: 'A later event cancelled the control request. Read events again.',
} as const;

/**
 * The control file. Its calls run in Node's thread pool, because data of a control request takes as long as the host
 * does.
 */
export class LinuxEp0File implements Ep0File {
  nonblock: boolean;
  readonly #kernel: LinuxKernel;
  readonly #mount: LinuxMount;
  readonly #waiters: FileWaiters;
  #fd: number;
  /** Calls in the thread pool. Until they end, no other file may get the number of the descriptor. */
  #calls = 0;
  readonly #descriptor: number;
  #closed: () => void = () => {};

  constructor(kernel: LinuxKernel, mount: LinuxMount, fd: number, nonblock: boolean) {
    this.#kernel = kernel;
    this.#mount = mount;
    this.#fd = fd;
    this.#descriptor = fd;
    this.nonblock = nonblock;
    this.#waiters = new FileWaiters(kernel, fd, 'poll ep0');
  }

  get fd(): number {
    return this.#fd;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const operation = 'write ep0';
    this.#mustBeOpen(operation);
    const describes = this.#mount.descriptors === undefined;
    if (describes && lacksFullSpeed(bytes)) throw this.#kernel.guards.refusal('no-full-speed', operation);
    for (;;) {
      try {
        const count = await this.#call(operation, WRITE_ADVICE, async () => {
          const { bytesWritten } = await writeFile(this.#descriptor, bytes, 0, bytes.length, null);
          return bytesWritten;
        });
        if (describes) this.#mount.described(bytes);
        return count;
      } catch (error) {
        // Another call holds the file's lock. A blocking file would wait for it.
        if (!isKernelError(error, 'EAGAIN')) throw error;
      }
      await sleep(this.#kernel.clock, MILLISECOND);
    }
  }

  async read(into: Uint8Array): Promise<number> {
    const operation = 'read ep0';
    for (;;) {
      this.#mustBeOpen(operation);
      try {
        // A request without data is accepted by reading 0 bytes, but Node does not pass such a read on.
        const room = into.length > 0 ? into : new Uint8Array(1);
        const count = await this.#call(operation, READ_ADVICE, async () => {
          const { bytesRead } = await readFile(this.#descriptor, room, 0, room.length, null);
          return bytesRead;
        });
        this.#mount.eventsRead();
        return Math.min(count, into.length);
      } catch (error) {
        if (!isKernelError(error, 'EAGAIN') || this.nonblock) throw error;
      }
      await this.ready(POLLIN);
    }
  }

  poll(events: number): number {
    this.#mustBeOpen('poll ep0');
    return this.#waiters.poll(events);
  }

  async ready(events: number, timeout?: number): Promise<number> {
    this.#mustBeOpen('poll ep0');
    return this.#waiters.wait(events, timeout);
  }

  async interfaceRevmap(interfaceNumber: number): Promise<number> {
    const operation = 'FUNCTIONFS_INTERFACE_REVMAP';
    this.#mustBeOpen(operation);
    return succeeded(this.#kernel.addon.interfaceRevmap(this.#fd, interfaceNumber), operation, {
      ENODEV: 'The host has not configured the device.',
      EDOM: `Interface ${interfaceNumber} does not belong to this function.`,
    });
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#fd = -1;
    this.#waiters.end(0);
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#mount.closing(closed, this);
    this.#closeWhenUnused();
  }

  /** Closes at once when the process exits, even if threads still use the file. */
  closeNow(): void {
    if (this.#fd < 0) return;
    this.#fd = -1;
    this.#waiters.end(0);
    closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #call(
    operation: string,
    advice: typeof READ_ADVICE | typeof WRITE_ADVICE,
    call: () => Promise<number>,
  ): Promise<number> {
    this.#calls++;
    try {
      return await fileCallAsync(operation, call, advice);
    } finally {
      this.#calls--;
      if (this.#fd < 0) this.#closeWhenUnused();
    }
  }

  #closeWhenUnused(): void {
    if (this.#calls === 0) close(this.#descriptor, () => this.#closed());
  }

  #mustBeOpen(operation: string): void {
    if (this.#fd < 0) throw new KernelError('EBADF', operation, 'ep0 has been closed.');
  }
}
