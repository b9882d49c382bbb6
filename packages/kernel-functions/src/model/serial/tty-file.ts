import type { SerialFile } from '../../serial/serial-file.ts';
import type { GsPort } from './gs-port.ts';
import type { Tty } from './tty.ts';

/** One open of a simulated terminal. */
export class TtyFile implements SerialFile {
  hungUp = false;
  readonly #port: GsPort;
  readonly #tty: Tty;
  readonly #onHangup: () => void;
  #waiters: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(port: GsPort, onHangup: () => void) {
    this.#port = port;
    this.#tty = port.open();
    this.#onHangup = onHangup;
    this.#tty.opened(this.#hangup);
  }

  get unsent(): number {
    return this.hungUp ? 0 : this.#port.charsInBuffer;
  }

  read(into: Uint8Array): number {
    return this.#usable ? this.#tty.read(into) : 0;
  }

  write(bytes: Uint8Array): number {
    return this.#usable ? this.#port.write(bytes) : 0;
  }

  ready(events: number): Promise<void> {
    if (!this.#usable) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#tty.whenReady(events, resolve);
    });
  }

  setBreak(on: boolean): void {
    if (this.#usable) this.#port.breakControl(on);
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#tty.closed(this.#hangup);
      this.#closed = this.#port.close();
      this.#wake();
    }
    return this.#closed;
  }

  get #usable(): boolean {
    return !this.hungUp && this.#closed === undefined;
  }

  readonly #hangup = (): void => {
    this.hungUp = true;
    this.#wake();
    this.#onHangup();
  };

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
