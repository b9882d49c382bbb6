import type { Clock, Timer } from './clock.ts';
import { JobQueue } from './job-queue.ts';
import { macrotask } from './macrotask.ts';
import { seededRandom } from './random.ts';
import { type Scheduled, TimerHeap } from './timer-heap.ts';

/** How a {@link VirtualClock} passes time. */
export interface VirtualClockOptions {
  /**
   * `true` (the default): time jumps to the next timer as soon as the program has nothing else to do.
   * `false`: time stands still until {@link VirtualClock.advance} or {@link VirtualClock.runUntilIdle}.
   */
  auto?: boolean;
  /** Timers that are due at the same instant fire in an order drawn from this seed; without a seed, in the order they were set. */
  seed?: number;
}

/**
 * A clock whose time passes only when nothing is left to do. Ten simulated seconds take no time, and the same program with
 * the same seed sees the same order of events.
 *
 * All deferred jobs and promise reactions run between two timers. A timer that sets itself again for ever keeps the program
 * running, as a timer of the machine does.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap<VirtualTimer>();
  readonly #jobs = new JobQueue();
  readonly #auto: boolean;
  readonly #random: (() => number) | undefined;
  #now = 0;
  #timersSet = 0;
  #holds = 0;
  #pumping = false;

  constructor(options: VirtualClockOptions = {}) {
    this.#auto = options.auto ?? true;
    this.#random = options.seed === undefined ? undefined : seededRandom(options.seed);
  }

  now(): number {
    return this.#now;
  }

  defer(job: () => void): void {
    this.#jobs.add(job);
  }

  setTimer(delay: number, callback: () => void): Timer {
    const due = this.#now + (delay > 0 ? delay : 0);
    const order = this.#random ? this.#random() : this.#timersSet++;
    const timer = new VirtualTimer(this.#timers, due, order, callback);
    if (due !== Number.POSITIVE_INFINITY) this.#timers.add(timer);
    this.#pump();
    return timer;
  }

  /** Stops the time while the program awaits something outside the simulation, such as file I/O. */
  hold(): Disposable {
    let held = true;
    this.#holds++;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#holds--;
        this.#pump();
      },
    };
  }

  /**
   * Lets exactly `duration` nanoseconds pass and fires the timers that fall due, in their order. Holds do not stop it, and
   * time does not jump ahead by itself meanwhile.
   */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    using _ = this.hold();
    await this.#settle();
    while (this.#fireNext(end)) await this.#settle();
    this.#now = Math.max(this.#now, end);
  }

  /** Fires timers until none is left. It never returns while a timer sets itself again for ever. */
  async runUntilIdle(): Promise<void> {
    using _ = this.hold();
    await this.#settle();
    while (this.#fireNext(Number.POSITIVE_INFINITY)) await this.#settle();
  }

  /** Resolves when no job and no promise reaction is left to run. */
  async #settle(): Promise<void> {
    do await new Promise<void>((resolve) => macrotask(resolve));
    while (!this.#jobs.idle);
  }

  #fireNext(limit: number): boolean {
    const timer = this.#timers.first;
    if (timer === undefined || timer.due > limit) return false;
    this.#timers.remove(timer);
    this.#now = timer.due;
    timer.callback();
    return true;
  }

  #pump(): void {
    if (!this.#auto || this.#pumping || this.#holds > 0 || this.#timers.size === 0) return;
    this.#pumping = true;
    macrotask(() => {
      this.#pumping = false;
      if (this.#holds > 0) return;
      try {
        if (this.#jobs.idle) this.#fireNext(Number.POSITIVE_INFINITY);
      } finally {
        this.#pump();
      }
    });
  }
}

class VirtualTimer implements Timer, Scheduled {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  slot = -1;
  readonly #timers: TimerHeap<VirtualTimer>;

  constructor(timers: TimerHeap<VirtualTimer>, due: number, order: number, callback: () => void) {
    this.#timers = timers;
    this.due = due;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    this.#timers.remove(this);
  }
}
