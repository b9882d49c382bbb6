import type { Clock } from '@gadgetloom/core';
import type { InterruptLine } from '../face/interrupt-line.ts';

/**
 * The line between the hardware and the handler of its driver: as long as it is asserted the handler is called, never
 * from inside a call of the hardware's.
 */
export class InterruptController implements InterruptLine {
  /** What the line is connected to. */
  handler: () => void = () => {};
  readonly #clock: Clock;
  readonly #latency: number;
  #asserted = false;
  #scheduled = false;

  /** @param latency nanoseconds from the assertion to the handler */
  constructor(clock: Clock, latency = 0) {
    this.#clock = clock;
    this.#latency = latency;
  }

  raise(): void {
    this.#asserted = true;
    if (!this.#scheduled) this.#schedule();
  }

  lower(): void {
    this.#asserted = false;
  }

  #schedule(): void {
    this.#scheduled = true;
    if (this.#latency > 0) this.#clock.setTimer(this.#latency, this.#deliver);
    else this.#clock.defer(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#scheduled = false;
    if (!this.#asserted) return;
    try {
      this.handler();
    } finally {
      if (this.#asserted && !this.#scheduled) this.#schedule();
    }
  };
}
