/**
 * Jobs that run in order from one microtask, so that work started inside a callback never runs inside that callback.
 * A steady flow of jobs allocates nothing: two arrays take turns.
 */
export class JobQueue {
  #jobs: (() => void)[] = [];
  #spare: (() => void)[] = [];
  #scheduled = false;

  /** True while a job waits. */
  get pending(): boolean {
    return this.#jobs.length > 0;
  }

  add(job: () => void): void {
    this.#jobs.push(job);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    queueMicrotask(this.#drain);
  }

  readonly #drain = (): void => {
    const jobs = this.#jobs;
    this.#jobs = this.#spare;
    let done = 0;
    try {
      while (done < jobs.length) jobs[done++]?.();
    } finally {
      // A job that threw has had its turn; those behind it keep theirs.
      if (done < jobs.length) this.#jobs.unshift(...jobs.slice(done));
      jobs.length = 0;
      this.#spare = jobs;
      this.#scheduled = false;
      if (this.#jobs.length > 0) this.#schedule();
    }
  };
}
