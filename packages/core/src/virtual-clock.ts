import type { Clock, Timer } from './clock.ts';
import { JobQueue } from './job-queue.ts';
import { macrotask } from './macrotask.ts';
import { seededRandom } from './random.ts';

export interface VirtualClockOptions {
  /**
   * `true` (the default): time jumps to the next timer as soon as the program has nothing else to do.
   * `false`: time stands still until {@link VirtualClock.advance} or {@link VirtualClock.runUntilIdle}.
   */
  auto?: boolean;
  /** Timers that are due at the same instant fire in an order drawn from this seed; without a seed, in the order they were set. */
  seed?: number;
}

interface Entry extends Timer {
  readonly due: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * A clock on which time passes only when nothing is left to do: ten simulated seconds take no time, and the same
 * program with the same seed sees the same order of events.
 */
export class VirtualClock implements Clock {
  readonly #timers: Entry[] = [];
  readonly #jobs = new JobQueue();
  readonly #auto: boolean;
  readonly #random: (() => number) | undefined;
  #now = 0;
  #orders = 0;
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
    const order = this.#random ? this.#random() : this.#orders++;
    const entry: Entry = {
      due: this.#now + Math.max(0, delay),
      order,
      callback,
      cancel: () => {
        entry.callback = undefined;
      },
    };
    push(this.#timers, entry);
    this.#pump();
    return entry;
  }

  /** Keeps time from jumping ahead while something outside the simulation, such as file I/O, is awaited. */
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

  /** Lets `duration` nanoseconds pass, firing the timers that fall due in their order. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    while (this.#fireNext(end)) await settle();
    this.#now = Math.max(this.#now, end);
  }

  /** Fires timers until none is left. Do not call it while something re-arms itself for ever. */
  async runUntilIdle(): Promise<void> {
    await settle();
    while (this.#fireNext(Number.POSITIVE_INFINITY)) await settle();
  }

  #fireNext(limit: number): boolean {
    for (;;) {
      const first = this.#timers[0];
      if (first === undefined) return false;
      if (first.callback !== undefined && first.due > limit) return false;
      pop(this.#timers);
      const { callback } = first;
      if (callback === undefined) continue;
      this.#now = Math.max(this.#now, first.due);
      first.callback = undefined;
      callback();
      return true;
    }
  }

  #pump(): void {
    if (!this.#auto || this.#pumping) return;
    this.#pumping = true;
    macrotask(() => {
      this.#pumping = false;
      if (this.#holds > 0) return;
      try {
        this.#fireNext(Number.POSITIVE_INFINITY);
      } finally {
        while (this.#timers[0] && this.#timers[0].callback === undefined) pop(this.#timers);
        if (this.#timers.length > 0) this.#pump();
      }
    });
  }
}

const settle = (): Promise<void> => new Promise((resolve) => macrotask(resolve));

const before = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
