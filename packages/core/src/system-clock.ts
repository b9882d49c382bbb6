import { type Clock, MILLISECOND, type Timer } from './clock.ts';
import { JobQueue } from './job-queue.ts';

/** The machine's own monotonic time. */
export class SystemClock implements Clock {
  readonly #start = performance.now();
  readonly #jobs = new JobQueue();

  now(): number {
    return Math.round((performance.now() - this.#start) * MILLISECOND);
  }

  defer(job: () => void): void {
    this.#jobs.add(job);
  }

  setTimer(delay: number, callback: () => void): Timer {
    const timer = setTimeout(callback, Math.ceil(Math.max(0, delay) / MILLISECOND));
    return { cancel: () => clearTimeout(timer) };
  }
}
