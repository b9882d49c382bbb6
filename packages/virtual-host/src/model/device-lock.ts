/** Runs operations on a device one at a time, in the order of the calls (usb_lock_device). */
export class DeviceLock {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` after all operations before it have ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let release: () => void = () => {};
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#waiting++;
    try {
      await before;
      return await work();
    } finally {
      this.#waiting--;
      release();
    }
  }

  /** Resolves once all operations that were started before have ended. */
  async idle(): Promise<void> {
    if (this.#waiting > 0) await this.#last;
  }
}
