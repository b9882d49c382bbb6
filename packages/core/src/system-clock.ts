import { type Clock, MILLISECOND, type Timer } from './clock.ts';
import { JobQueue } from './job-queue.ts';

/** The machine's own monotonic time. Timers have a resolution of a millisecond and keep the program running. */
export class SystemClock implements Clock {
  // Looking up the global costs as much as reading the time.
  readonly #performance = performance;
  readonly #start = performance.now();
  readonly #jobs = new JobQueue();

  now(): number {
    return Math.round((this.#performance.now() - this.#start) * MILLISECOND);
  }

  defer(job: () => void): void {
    this.#jobs.add(job);
  }

  turn(work: () => void): void {
    this.#jobs.run(work);
  }

  setTimer(delay: number, callback: () => void): Timer {
    return new SystemTimer(this, this.now() + (delay > 0 ? delay : 0), callback);
  }
}

/** The longest delay of setTimeout, in milliseconds. It takes a longer delay for 0. */
const longestTimeout = 2 ** 31 - 1;

class SystemTimer implements Timer {
  readonly #clock: Clock;
  readonly #due: number;
  readonly #callback: () => void;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(clock: Clock, due: number, callback: () => void) {
    this.#clock = clock;
    this.#due = due;
    this.#callback = callback;
    if (due !== Number.POSITIVE_INFINITY) this.#wait(due - clock.now());
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #wait(nanoseconds: number): void {
    this.#timeout = setTimeout(this.#elapsed, Math.min(Math.ceil(nanoseconds / MILLISECOND), longestTimeout));
  }

  readonly #elapsed = (): void => {
    // setTimeout may be early: it counts from the start of the event loop's turn.
    const left = this.#due - this.#clock.now();
    if (left > 0) this.#wait(left);
    else this.#callback();
  };
}
