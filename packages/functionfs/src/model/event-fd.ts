import { type ErrnoCode, KernelError, type OpenFile } from '@gadgetloom/core';
import type { FileTable } from '@gadgetloom/dmabuf/model';

/**
 * A counter as a file (eventfd(2)). A descriptor blob with the EVENTFD flag refers to it by its number.
 * Source: fs/eventfd.c.
 */
export class EventFd implements OpenFile {
  readonly #files: FileTable;
  #fd: number;
  #count = 0;
  #waiting: (() => void)[] = [];

  /** @throws KernelError EMFILE */
  constructor(files: FileTable) {
    this.#files = files;
    this.#fd = files.open(this, 'eventfd');
  }

  get fd(): number {
    return this.#fd;
  }

  /** eventfd_signal: adds one, even after the descriptor is closed. */
  signal(): void {
    this.#count++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Reads and clears the count. @throws KernelError EAGAIN the count is 0; EBADF */
  read(): number {
    if (this.#fd < 0) throw new KernelError('EBADF', 'read eventfd', 'This file has been closed.');
    if (this.#count === 0)
      throw new KernelError('EAGAIN', 'read eventfd', 'Nothing was signalled since the last read.');
    const count = this.#count;
    this.#count = 0;
    return count;
  }

  /** Resolves once there is something to read. */
  async ready(): Promise<void> {
    while (this.#count === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#files.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** eventfd_ctx_fdget: the errno if there is no eventfd under this number. */
export function findEventFd(files: FileTable, fd: number): EventFd | ErrnoCode {
  const file = files.get(fd);
  if (file === undefined) return 'EBADF';
  return file instanceof EventFd ? file : 'EINVAL';
}
