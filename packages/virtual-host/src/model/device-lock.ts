/** Lets one thing at a time happen to a device, in the order of asking (usb_lock_device). */
export class DeviceLock {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` once everything before it is done. */
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

  /** Resolves once nothing runs that was asked for before. */
  async idle(): Promise<void> {
    if (this.#waiting > 0) await this.#last;
  }
}
