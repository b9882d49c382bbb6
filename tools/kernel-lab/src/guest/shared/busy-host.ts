import { MILLISECOND } from '@gadgetloom/core';
import type { Way } from './endless-stream.ts';
import { COMMANDS, SAMPLES } from './sample-gadget.ts';
import type { UsbfsHost } from './usbfs-host.ts';

/** Nanoseconds for which a transfer or the device is waited for, before the world is looked at again. */
const PATIENCE = 200 * MILLISECOND;

/** The host's program: reads or writes as long as the device is there, and looks for it again when it is gone. */
export class BusyHost {
  readonly #host: UsbfsHost;
  readonly #way: Way;
  readonly #length: number;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(host: UsbfsHost, way: Way, length: number) {
    this.#host = host;
    this.#way = way;
    this.#length = length;
  }

  /** Goes to work, with a device that is configured. */
  start(): void {
    this.#stopping = false;
    this.#running = this.#run();
  }

  /** Ends with the transfer under way, whatever becomes of it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const bytes = new Uint8Array(this.#length);
    while (!this.#stopping) {
      try {
        if (this.#way === 'in') await this.#host.bulkIn(SAMPLES, this.#length, PATIENCE);
        else await this.#host.bulkOut(COMMANDS, bytes, PATIENCE);
      } catch {
        // The device was taken away, or has nothing to say: whether it comes back is not the host's to decide.
        if (!this.#stopping) await this.#host.configured(PATIENCE).catch(() => {});
      }
    }
  }
}
