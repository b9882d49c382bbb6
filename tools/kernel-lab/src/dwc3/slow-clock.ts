import type { Clock, Timer } from '@gadgetloom/core';

/**
 * Time that passes more slowly. Linux's driver has half a microframe to a few of them for what it does on an isochronous
 * endpoint; the guest is not as fast as a board, nor has it a processor of its own.
 */
export class SlowClock implements Clock {
  readonly #clock: Clock;
  readonly #slowness: number;

  /** @param slowness nanoseconds of `clock` in one of this */
  constructor(clock: Clock, slowness: number) {
    this.#clock = clock;
    this.#slowness = slowness;
  }

  now(): number {
    return Math.floor(this.#clock.now() / this.#slowness);
  }

  setTimer(delay: number, callback: () => void): Timer {
    return this.#clock.setTimer(delay * this.#slowness, callback);
  }

  defer(job: () => void): void {
    this.#clock.defer(job);
  }
}
