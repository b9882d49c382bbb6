import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';

/** A serial line or console that is open for bytes: none of them means anything to the kernel. */
export class Terminal implements AsyncDisposable {
  readonly stream: Duplex;
  readonly #file: number;

  /** @param path such as `/dev/ttyGS0` */
  constructor(path: string) {
    this.#file = openSync(path, 'r+');
    const stream = new ReadStream(this.#file);
    stream.setRawMode(true);
    this.stream = stream;
  }

  /** Closes it. A serial port of a gadget has to be closed before its function goes: the kernel waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.stream, 'close');
    this.stream.destroy();
    await closed;
    // libuv has opened it a second time (uv_tty_init), and closes that.
    closeSync(this.#file);
  }
}
