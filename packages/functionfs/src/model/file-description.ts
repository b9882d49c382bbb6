import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { FileTable } from '@gadgetloom/dmabuf/model';
import { PendingSignal } from './pending-signal.ts';

/**
 * An open file (struct file) with its one descriptor. Closing the descriptor does not disturb calls in progress: the
 * file is released when the last of them has returned, as in the kernel. Disposing also interrupts them (EINTR), as
 * the end of the program that made them would.
 */
export abstract class FileDescription implements OpenFile {
  /** As in the root directory: `'ep0'`. */
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

  [Symbol.dispose](): void {
    if (this.#calls > 0) this.signal.raise();
    this.close();
  }

  /** What interrupts the calls in progress. */
  protected get signal(): PendingSignal {
    this.#signal ??= new PendingSignal();
    return this.#signal;
  }

  /** @throws KernelError EBADF */
  protected checkOpen(operation: string): void {
    if (this.#fd < 0) throw new KernelError('EBADF', `${operation} ${this.name}`, 'This file has been closed.');
  }

  /** Runs a call that may wait. @throws KernelError EBADF; and what the call throws */
  protected async call<T>(operation: string, body: (operation: string) => Promise<T>): Promise<T> {
    this.checkOpen(operation);
    this.#calls++;
    try {
      return await body(`${operation} ${this.name}`);
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
