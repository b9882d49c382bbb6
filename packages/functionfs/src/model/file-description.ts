import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { FileTable } from '@gadgetloom/dmabuf/model';
import { PendingSignal } from './pending-signal.ts';

/**
 * An open file (struct file) with its one descriptor. Closing the descriptor does not disturb calls in progress: the
 * kernel releases the file when the last of them has returned. Disposing also interrupts them (EINTR), as the end of
 * their program would.
 */
export abstract class FileDescription implements OpenFile {
  /** Name in the root directory, such as `'ep0'`. */
  readonly name: string;
  nonblock: boolean;
  readonly #files: FileTable;
  #fd: number;
  #calls = 0;
  #released = false;
  #signal: PendingSignal | undefined = undefined;

  /** @throws KernelError EMFILE */
  constructor(files: FileTable, name: string, nonblock: boolean) {
    this.name = name;
    this.nonblock = nonblock;
    this.#files = files;
    this.#fd = files.open(this, `open ${name}`);
  }

  get fd(): number {
    return this.#fd;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#files.close(this.#fd);
    this.#fd = -1;
    this.#releaseWhenIdle();
  }

  /** Ends the calls in progress with EINTR, as a signal to their threads would. Later calls are not affected. */
  interrupt(): void {
    const signal = this.#signal;
    this.#signal = undefined;
    signal?.raise();
  }

  [Symbol.dispose](): void {
    this.interrupt();
    this.close();
  }

  /** @throws KernelError EBADF */
  protected checkOpen(operation: string): void {
    if (this.#fd < 0) throw new KernelError('EBADF', `${operation} ${this.name}`, 'This file has been closed.');
  }

  /** Runs a call that may wait; `signal` interrupts it. @throws KernelError EBADF; or the error of the call */
  protected async call<T>(
    operation: string,
    body: (operation: string, signal: PendingSignal) => Promise<T>,
  ): Promise<T> {
    this.checkOpen(operation);
    this.#signal ??= new PendingSignal();
    this.#calls++;
    try {
      return await body(`${operation} ${this.name}`, this.#signal);
    } finally {
      this.#calls--;
      this.#releaseWhenIdle();
    }
  }

  #releaseWhenIdle(): void {
    if (this.#fd >= 0 || this.#calls > 0 || this.#released) return;
    this.#released = true;
    this.release();
  }

  /** The last reference to the file is gone (file_operations.release). */
  protected abstract release(): void;
}
