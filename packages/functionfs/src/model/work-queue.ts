import type { Clock } from '@gadgetloom/core';

/** Work to run later, once. */
export interface Work {
  run(): void;
}

/** Runs queued work in order and one at a time, after the caller has returned (alloc_ordered_workqueue). */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #works: Work[] = [];
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  queue(work: Work): void {
    this.#works.push(work);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(this.#runScheduled);
  }

  /** Runs all queued work now (drain_workqueue). */
  drain(): void {
    for (let work = this.#works.shift(); work !== undefined; work = this.#works.shift()) work.run();
  }

  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.drain();
  };
}
