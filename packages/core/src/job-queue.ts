import { macrotask } from './macrotask.ts';

type Job = () => void;

/**
 * Rounds of jobs that follow each other without a pause. Then the runtime gets a turn, so that a stream that never runs out
 * of work does not hold up the machine's timers, signals and I/O.
 */
const ROUNDS_IN_A_ROW = 256;

/**
 * Jobs that run in order from a microtask, so that work started inside a callback never runs inside that callback.
 * A job that is added by a job waits for the next microtask: promises that settled in between get their turn first.
 *
 * A job that throws does not keep the others from running; its error is reported as uncaught.
 */
export class JobQueue {
  // A ring: a steady flow of jobs allocates nothing.
  #ring: (Job | undefined)[] = new Array<Job | undefined>(64).fill(undefined);
  #head = 0;
  #count = 0;
  #scheduled = false;
  #rounds = 0;

  /** True while no job waits. */
  get idle(): boolean {
    return this.#count === 0;
  }

  add(job: Job): void {
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = job;
    this.#count++;
    if (!this.#scheduled) this.#schedule();
  }

  /** Calls `work`, and directly after it, without a microtask, the jobs that it adds. */
  run(work: () => void): void {
    if (this.#scheduled) {
      work();
      return;
    }
    this.#scheduled = true;
    try {
      work();
    } finally {
      this.#drain();
    }
  }

  #schedule(): void {
    this.#scheduled = true;
    if (++this.#rounds < ROUNDS_IN_A_ROW) {
      settled.then(this.#drain);
    } else {
      this.#rounds = 0;
      macrotask(this.#drain);
    }
  }

  #grow(): void {
    const { length } = this.#ring;
    const inOrder = [...this.#ring.slice(this.#head), ...this.#ring.slice(0, this.#head)];
    this.#ring = [...inOrder, ...new Array<Job | undefined>(length).fill(undefined)];
    this.#head = 0;
  }

  readonly #drain = (): void => {
    for (let left = this.#count; left > 0; left--) {
      const job = this.#ring[this.#head]!;
      this.#ring[this.#head] = undefined;
      this.#head = (this.#head + 1) & (this.#ring.length - 1);
      this.#count--;
      try {
        job();
      } catch (error) {
        reportUncaught(error);
      }
    }
    this.#scheduled = false;
    if (this.#count > 0) this.#schedule();
  };
}

// Node's queueMicrotask makes an AsyncResource for each call: a reaction to a settled promise takes a third of the time.
const settled = Promise.resolve();

function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
