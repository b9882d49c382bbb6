import type { Timer } from '@gadgetloom/core';
import { succeeded } from './kernel-call.ts';
import type { LinuxKernel } from './linux-kernel.ts';
import { EPOLLONESHOT, type Watch } from './readiness.ts';

interface Waiter {
  readonly events: number;
  readonly resolve: (events: number) => void;
  timer: Timer | undefined;
}

/** Promises that wait for events of one descriptor. */
export class FileWaiters {
  readonly #kernel: LinuxKernel;
  readonly #fd: number;
  readonly #operation: string;
  #waiters: Waiter[] = [];
  #watch: Watch | undefined;

  constructor(kernel: LinuxKernel, fd: number, operation: string) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#operation = operation;
  }

  /** Returns those of `events` that hold now. */
  poll(events: number): number {
    return succeeded(this.#kernel.addon.poll(this.#fd, events), this.#operation) & events;
  }

  /** Resolves with those of `events` that hold as soon as any does, or with 0 after `timeout` nanoseconds. */
  wait(events: number, timeout = Number.POSITIVE_INFINITY): Promise<number> {
    const now = this.poll(events);
    if (now !== 0 || timeout <= 0) return Promise.resolve(now);
    return new Promise((resolve) => {
      const waiter: Waiter = { events, resolve, timer: undefined };
      this.#waiters.push(waiter);
      if (timeout !== Number.POSITIVE_INFINITY) {
        waiter.timer = this.#kernel.clock.setTimer(timeout, () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          this.#arm();
          resolve(0);
        });
      }
      this.#arm();
    });
  }

  ready(events: number): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      const got = events & waiter.events;
      if (got === 0) this.#waiters.push(waiter);
      else {
        waiter.timer?.cancel();
        waiter.resolve(got);
      }
    }
    this.#arm();
  }

  /** Resolves every waiter with `events`. Call it before closing the descriptor. */
  end(events: number): void {
    this.#watch?.end();
    this.#watch = undefined;
    for (const waiter of this.#waiters.splice(0)) {
      waiter.timer?.cancel();
      waiter.resolve(events & waiter.events);
    }
  }

  #arm(): void {
    const events = this.#waiters.reduce((mask, waiter) => mask | waiter.events, 0);
    if (events === 0) this.#watch?.change(0);
    else if (this.#watch === undefined)
      this.#watch = this.#kernel.readiness.watch(this.#fd, events | EPOLLONESHOT, this);
    else this.#watch.change(events | EPOLLONESHOT);
  }
}
