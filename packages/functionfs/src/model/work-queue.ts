import type { Clock } from '@gadgetloom/core';

/** Something to do later, once. */
export interface Work {
  run(): void;
}

/** Does what is queued, in order and one at a time, soon but not now (alloc_ordered_workqueue). */
export class WorkQueue {
  readonly #clock: Clock;
  #works: Work[] = [];
  #spare: Work[] = [];
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

  /** Does all of it now (drain_workqueue). */
  drain(): void {
    while (this.#works.length > 0) {
      const works = this.#works;
      this.#works = this.#spare;
      this.#spare = [];
      for (let at = 0; at < works.length; at++) works[at]!.run();
      works.length = 0;
      this.#spare = works;
    }
  }

  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.drain();
  };
}
