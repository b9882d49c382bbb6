import { type Clock, POLLIN, POLLOUT, type Timer } from '@gadgetloom/core';
import type { FenceCallback } from '../fence.ts';
import type { Reservation } from './reservation.ts';
import { usageRw } from './usage.ts';

/** A task that sleeps in poll(2). */
class PollingTask {
  readonly #events: number;
  #wake: (() => void) | undefined = undefined;
  #woken = false;

  constructor(events: number) {
    this.#events = events;
  }

  notify(events: number): void {
    if ((events & this.#events) === 0) return;
    this.#woken = true;
    this.#wake?.();
  }

  /** True if it was woken, false if `timeout` nanoseconds passed first. */
  sleep(clock: Clock, timeout: number): Promise<boolean> {
    if (this.#woken) return Promise.resolve(true);
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const settle = (woken: boolean): void => {
        this.#wake = undefined;
        timer?.cancel();
        resolve(woken);
      };
      this.#wake = () => settle(true);
      if (Number.isFinite(timeout)) timer = clock.setTimer(timeout, () => settle(false));
    });
  }
}

/** One event of poll(2): the callback on the first fence that it has to wait for (struct dma_buf_poll_cb_t). */
class Watch implements FenceCallback {
  readonly #poll: ImplicitPoll;
  readonly event: number;
  armed = false;

  constructor(poll: ImplicitPoll, event: number) {
    this.#poll = poll;
    this.event = event;
  }

  fenceSignaled(): void {
    this.#poll.watchEnded(this);
  }
}

/** The buffer that is polled. */
export interface PolledFile {
  readonly resv: Reservation;
  ref(): void;
  unref(): void;
}

/**
 * poll(2) on a dma-buf: the implicit fences decide. Source: drivers/dma-buf/dma-buf.c, dma_buf_poll.
 *
 * An event that does not hold arms a callback on the first fence in its way, even if nobody goes on to wait. Until that
 * fence signals, the event is not reported to anybody, and the buffer stays alive.
 */
export class ImplicitPoll {
  readonly #file: PolledFile;
  readonly #out = new Watch(this, POLLOUT);
  readonly #in = new Watch(this, POLLIN);
  #sleepers: PollingTask[] = [];

  constructor(file: PolledFile) {
    this.#file = file;
  }

  /** True while a fence has yet to end a poll. */
  get armed(): boolean {
    return this.#in.armed || this.#out.armed;
  }

  /** Returns which of `events` hold. It looks at POLLIN and POLLOUT only. */
  check(events: number): number {
    let ready = 0;
    if ((events & POLLOUT) !== 0 && this.#holds(this.#out)) ready |= POLLOUT;
    if ((events & POLLIN) !== 0 && this.#holds(this.#in)) ready |= POLLIN;
    return ready;
  }

  #holds(watch: Watch): boolean {
    if (watch.armed) return false;
    const slots = this.#file.resv.slots;
    const usage = usageRw(watch.event === POLLOUT);
    for (let at = 0; slots !== undefined && at < slots.count; at++) {
      if (slots.usages[at]! > usage || !slots.fences[at]!.addCallback(watch)) continue;
      watch.armed = true;
      this.#file.ref();
      return false;
    }
    this.#notify(watch.event);
    return true;
  }

  /** Called by the watch. */
  watchEnded(watch: Watch): void {
    watch.armed = false;
    this.#notify(watch.event);
    this.#file.unref();
  }

  #notify(event: number): void {
    for (const sleeper of this.#sleepers) sleeper.notify(event);
  }

  /**
   * poll(2): waits for the lock, looks, and sleeps until it may look again. The timeout does not cut the wait for the
   * lock short, not even if it is 0: the kernel's does not either.
   */
  async wait(clock: Clock, events: number, timeout: number): Promise<number> {
    const { resv } = this.#file;
    const end = clock.now() + timeout;
    let timedOut = timeout <= 0;
    this.#file.ref();
    try {
      for (;;) {
        const task = new PollingTask(events);
        this.#sleepers.push(task);
        try {
          const ready = await this.#checkLocked(resv, events);
          if (ready !== 0 || timedOut) return ready;
          timedOut = !(await task.sleep(clock, Math.max(0, end - clock.now())));
        } finally {
          this.#sleepers.splice(this.#sleepers.indexOf(task), 1);
        }
      }
    } finally {
      this.#file.unref();
    }
  }

  async #checkLocked(resv: Reservation, events: number): Promise<number> {
    if ((events & (POLLIN | POLLOUT)) === 0) return 0;
    if (!resv.tryLock()) await resv.lock();
    const ready = this.check(events);
    resv.unlock();
    return ready;
  }
}
