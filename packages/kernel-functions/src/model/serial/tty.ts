import { type Clock, POLLIN, POLLOUT } from '@gadgetloom/core';
import { ByteFifo } from './byte-fifo.ts';

/** Bytes that the line discipline holds, one of which stays free (N_TTY_BUF_SIZE). */
const READ_BUFFER = 4096;
/** Free bytes below which the driver is throttled (TTY_THRESHOLD_THROTTLE). */
const THROTTLE = 128;
/** Bytes at which it is released again (TTY_THRESHOLD_UNTHROTTLE). */
const UNTHROTTLE = 128;
/** Bytes to send below which poll reports room (WAKEUP_CHARS). */
const WAKEUP_CHARS = 256;
/** Most bytes between the driver and the line discipline (TTYB_DEFAULT_MEM_LIMIT). */
const FLIP_LIMIT = 640 * 1024;

/** What a terminal needs of its driver (struct tty_operations). */
export interface TtyDriver {
  write(bytes: Uint8Array): number;
  readonly writeRoom: number;
  readonly charsInBuffer: number;
  unthrottle(): void;
  breakControl(on: boolean): void;
}

/** The buffer between a driver and its terminal. It outlives both opens and hangups (struct tty_bufhead). */
export class FlipBuffer {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** tty_insert_flip_string. @returns the number of bytes that fit */
  insert(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, FLIP_LIMIT - this.#length);
    if (count > 0) this.#chunks.push(bytes.slice(0, count));
    this.#length += count;
    return count;
  }

  /** Moves bytes into `fifo` until that has only one byte left. */
  flush(fifo: ByteFifo): void {
    for (let [head] = this.#chunks; head !== undefined && fifo.room > 1; [head] = this.#chunks) {
      const count = fifo.put(head.subarray(0, fifo.room - 1));
      this.#length -= count;
      if (count === head.length) this.#chunks.shift();
      else this.#chunks[0] = head.subarray(count);
    }
  }
}

/**
 * A terminal in raw mode, from the first open to the last close (struct tty_struct with N_TTY).
 * Source: tty_io.c, n_tty.c, tty_buffer.c.
 */
export class Tty {
  readonly driver: TtyDriver;
  readonly #flip: FlipBuffer;
  readonly #clock: Clock;
  readonly #input = new ByteFifo(READ_BUFFER);
  readonly #hangups = new Set<() => void>();
  #waiters: { readonly events: number; readonly wake: () => void }[] = [];
  /** The driver is to hold back what it receives (TTY_THROTTLED). */
  throttled = false;
  /** The line discipline is there; a hangup ends it until the next open. */
  #disciplined = true;
  #flushing = false;

  constructor(driver: TtyDriver, flip: FlipBuffer, clock: Clock) {
    this.driver = driver;
    this.#flip = flip;
    this.#clock = clock;
  }

  /** One more open; calls back on its hangup. */
  opened(onHangup: () => void): void {
    this.#hangups.add(onHangup);
    this.#disciplined = true;
  }

  closed(onHangup: () => void): void {
    this.#hangups.delete(onHangup);
  }

  /** tty_flip_buffer_push: hands received bytes to readers, later. */
  push(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#clock.defer(() => {
      this.#flushing = false;
      this.#receive();
    });
  }

  /** n_tty_read. @returns bytes read; 0 if there are none */
  read(into: Uint8Array): number {
    const count = this.#input.take(into);
    if (count > 0 && this.#input.length <= UNTHROTTLE) {
      this.push();
      if (this.throttled) {
        this.throttled = false;
        this.driver.unthrottle();
      }
    }
    return count;
  }

  /** n_tty_poll. */
  poll(): number {
    const { writeRoom, charsInBuffer } = this.driver;
    const writable = charsInBuffer < WAKEUP_CHARS && writeRoom > 0;
    return (this.#input.length > 0 ? POLLIN : 0) | (writable ? POLLOUT : 0);
  }

  /** Calls back once, when one of `events` holds or the terminal is hung up. */
  whenReady(events: number, wake: () => void): void {
    this.#waiters.push({ events, wake });
    this.wake();
  }

  /** Wakes those whose events hold. */
  wake(): void {
    if (this.#waiters.length === 0) return;
    const now = this.poll();
    const woken = this.#waiters.filter(({ events }) => (events & now) !== 0);
    this.#waiters = this.#waiters.filter(({ events }) => (events & now) === 0);
    for (const { wake } of woken) wake();
  }

  /** tty_hangup: later, every open is dead, and what was not read is lost. */
  hangup(): void {
    this.#clock.defer(() => {
      this.#input.clear();
      this.throttled = false;
      this.#disciplined = false;
      const [hangups, waiters] = [[...this.#hangups], this.#waiters];
      this.#hangups.clear();
      this.#waiters = [];
      for (const hungUp of hangups) hungUp();
      for (const { wake } of waiters) wake();
    });
  }

  /** flush_to_ldisc. */
  #receive(): void {
    if (!this.#disciplined) return;
    this.#flip.flush(this.#input);
    if (this.#input.room < THROTTLE) this.throttled = true;
    this.wake();
  }
}
