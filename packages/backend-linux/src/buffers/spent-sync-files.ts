import type { Addon } from '@gadgetloom/linux-native';

/** How many are kept at most: each call closes many, and a process has a thousand descriptors at least. */
const MOST = 32;

/**
 * Sync files whose transfers are over. They are closed many at a time: their descriptors are mostly neighbours, which one
 * system call closes. None may be left when an attachment goes; see docs/kernel-hazards.md, sync-file-after-detach.
 */
export class SpentSyncFiles {
  readonly #addon: Addon;
  readonly #fds = new Int32Array(MOST);
  #count = 0;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  /** Closes the descriptor, soon. */
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
