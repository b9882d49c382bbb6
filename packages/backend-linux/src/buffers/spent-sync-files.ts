import type { Addon } from '@gadgetloom/linux-native';

/**
 * Number of files from which they are closed. One call closes many, and a process has a thousand descriptors or more.
 */
const MOST = 32;

/**
 * Collects sync files of finished transfers and closes many at a time. Their descriptors are mostly neighbours, which
 * one system call closes. All must be closed before an attachment goes; see docs/kernel-hazards.md,
 * sync-file-after-detach.
 */
export class SpentSyncFiles {
  readonly #addon: Addon;
  readonly #fds = new Int32Array(MOST);
  #count = 0;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Closes the descriptor soon. */
  add(fd: number): void {
    this.#fds[this.#count++] = fd;
    if (this.#count === MOST) this.close();
  }

  /** Closes all of them now. */
  close(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#addon.closeAll(this.#fds, count);
  }
}
