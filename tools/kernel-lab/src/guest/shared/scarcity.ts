import { closeSync, openSync } from 'node:fs';

/** Uses up the descriptors of this process, but for a few. */
export class Scarcity implements Disposable {
  readonly #held: number[] = [];

  /** Leaves exactly `free` descriptors to whoever comes. */
  leave(free: number): void {
    for (;;) {
      try {
        this.#held.push(openSync('/dev/null', 'r'));
      } catch {
        break;
      }
    }
    this.more(free);
  }

  /** Gives some back. */
  more(count: number): void {
    for (const fd of this.#held.splice(0, count)) closeSync(fd);
  }

  /** Gives everything back. */
  [Symbol.dispose](): void {
    this.more(this.#held.length);
  }
}
