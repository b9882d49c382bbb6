import { KernelError } from '@gadgetloom/core';

const FIRST = 3;

/** The descriptors of one simulated process. Disposing closes what is open, as its exit does. Source: fs/file.c. */
export class FileTable implements Disposable {
  readonly #limit: number;
  readonly #files: (object | undefined)[] = [];
  #lowestFree = 0;
  #count = 0;

  /** @param options.limit RLIMIT_NOFILE: the first number that is not handed out; 1024 unless given */
  constructor(options: { readonly limit?: number } = {}) {
    this.#limit = options.limit ?? 1024;
  }

  /** Descriptors in use; the first three, which a process is born with, do not count. */
  get count(): number {
    return this.#count;
  }

  /**
   * Gives `file` the lowest free descriptor, from 3 on (get_unused_fd_flags, fd_install).
   *
   * @param operation what the caller is about, for the message
   * @throws KernelError EMFILE the table is full
   */
  open(file: object, operation = 'open'): number {
    this.assertRoom(operation);
    const slot = this.#lowestFree;
    this.#files[slot] = file;
    this.#count++;
    let next = slot + 1;
    while (this.#files[next] !== undefined) next++;
    this.#lowestFree = next;
    return slot + FIRST;
  }

  /** @throws KernelError EMFILE the table is full */
  assertRoom(operation: string): void {
    if (this.#lowestFree + FIRST < this.#limit) return;
    throw new KernelError('EMFILE', operation, `All ${this.#limit} descriptors are in use: close some.`);
  }

  /** Frees a descriptor. A number that is not open is left alone. */
  close(fd: number): void {
    const slot = fd - FIRST;
    if (this.#files[slot] === undefined) return;
    this.#files[slot] = undefined;
    this.#count--;
    if (slot < this.#lowestFree) this.#lowestFree = slot;
  }

  [Symbol.dispose](): void {
    for (const file of [...this.#files]) (file as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
  }

  /** The file with this number. */
  get(fd: number): object | undefined {
    return this.#files[fd - FIRST];
  }
}
