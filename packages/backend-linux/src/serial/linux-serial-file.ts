import { close, closeSync, readSync, writeSync } from 'node:fs';
import { isKernelError, POLLERR, POLLHUP, POLLIN, POLLOUT } from '@gadgetloom/core';
import type { SerialFile } from '@gadgetloom/kernel-functions';
import { atExit, type LeftAtExit } from '../kernel/at-exit.ts';
import { fileCall, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { EPOLLET, type Watch } from '../kernel/readiness.ts';

/**
 * All events, and each only once. The kernel wakes those who wait for a hangup as if there were something to read or to
 * write (tty_ldisc.c, tty_ldisc_hangup), so nobody learns of it who does not wait for these.
 */
const EVERYTHING = EPOLLET + POLLIN + POLLOUT;
const GONE = POLLHUP | POLLERR;

/** One open of /dev/ttyGS*. */
export class LinuxSerialFile implements SerialFile, LeftAtExit {
  hungUp = false;
  readonly #kernel: LinuxKernel;
  readonly #path: string;
  readonly #onHangup: () => void;
  readonly #watch: Watch;
  #fd: number;
  #waiters: { readonly events: number; readonly wake: () => void }[] = [];
  #closed: Promise<void> | undefined;

  /** Takes the descriptor, which does not block. */
  constructor(kernel: LinuxKernel, path: string, fd: number, onHangup: () => void) {
    this.#kernel = kernel;
    this.#path = path;
    this.#fd = fd;
    this.#onHangup = onHangup;
    this.#watch = kernel.readiness.watch(fd, EVERYTHING, { ready: (events) => this.#report(events) }, true);
    atExit.add(this);
  }

  get unsent(): number {
    if (!this.#usable) return 0;
    const count = new Uint8Array(4);
    succeeded(this.#kernel.ioctl(this.#fd, 'TIOCOUTQ', count), `TIOCOUTQ ${this.#path}`);
    return new DataView(count.buffer).getInt32(0, true);
  }

  read(into: Uint8Array): number {
    const count = this.#move('read', () => readSync(this.#fd, into));
    // In raw mode a terminal has no other end than a hangup.
    if (count === 0) this.#hangUp();
    return Math.max(count, 0);
  }

  write(bytes: Uint8Array): number {
    return Math.max(
      this.#move('write', () => writeSync(this.#fd, bytes)),
      0,
    );
  }

  async ready(events: number): Promise<void> {
    if (!this.#usable || (this.#kernel.addon.poll(this.#fd, events) & events) !== 0) return;
    await new Promise<void>((wake) => {
      if (this.#waiters.length === 0) this.#kernel.readiness.count(1);
      this.#waiters.push({ events, wake });
      // Reports again what holds now: it may have come since the look above.
      this.#watch.change(EVERYTHING);
    });
  }

  setBreak(on: boolean): void {
    if (!this.#usable) return;
    const request = on ? 'TIOCSBRK' : 'TIOCCBRK';
    succeeded(this.#kernel.ioctl(this.#fd, request), `${request} ${this.#path}`);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The gadget goes: closes the file and tells its port, as a hangup does. */
  async abandon(): Promise<void> {
    this.#hangUp();
    await this.close();
  }

  closeNow(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  get #usable(): boolean {
    return !this.hungUp && this.#closed === undefined;
  }

  /** @returns bytes; -1 if nothing can be moved now, or ever again */
  #move(what: string, call: () => number): number {
    if (!this.#usable) return -1;
    try {
      return fileCall(`${what} ${this.#path}`, call);
    } catch (refusal) {
      if (isKernelError(refusal, 'EIO')) this.#hangUp();
      else if (!isKernelError(refusal, 'EAGAIN')) throw refusal;
      return -1;
    }
  }

  #report(events: number): void {
    if ((events & GONE) !== 0) this.#hangUp();
    else this.#wake((waiter) => (waiter.events & events) !== 0);
  }

  #hangUp(): void {
    if (!this.#usable) return;
    this.hungUp = true;
    this.#watch.end();
    this.#wake(() => true);
    this.#onHangup();
  }

  #wake(which: (waiter: { readonly events: number }) => boolean): void {
    const woken = this.#waiters.filter(which);
    if (woken.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !which(waiter));
    if (this.#waiters.length === 0) this.#kernel.readiness.count(-1);
    for (const { wake } of woken) wake();
  }

  /** close(2) may wait for a host that does not read (u_serial.c, gs_close): it runs on a thread. */
  async #close(): Promise<void> {
    this.#watch.end();
    this.#wake(() => true);
    const fd = this.#fd;
    if (fd < 0) return;
    await new Promise<void>((resolve) => {
      close(fd, () => resolve());
    });
    this.#fd = -1;
    atExit.forget(this);
  }
}
