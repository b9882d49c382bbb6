import type { Clock } from '@gadgetloom/core';

/** Something to do later, once. */
export interface Work {
  run(): void;
}

/** Does what is queued, in order and one at a time, soon but not now (alloc_ordered_workqueue). */
export class WorkQueue {
  readonly #clock: Clock;
  /** Works from `head` to `count` wait; the array keeps its length, as changing it takes longer than most works. */
  readonly #works: (Work | undefined)[] = [];
  #head = 0;
  #count = 0;
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  queue(work: Work): void {
    this.#works[this.#count++] = work;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(this.#runScheduled);
  }

  /** Does all of it now (drain_workqueue). */
  drain(): void {
    const works = this.#works;
    while (this.#head < this.#count) {
      const work = works[this.#head]!;
      works[this.#head++] = undefined;
      work.run();
    }
    this.#head = 0;
    this.#count = 0;
  }

  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.drain();
  };
}
