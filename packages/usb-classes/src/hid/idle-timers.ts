import { type Clock, MILLISECOND, type Timer } from '@gadgetloom/core';

/** Unit of an idle rate (HID 1.11, 7.2.4). */
const IDLE_UNIT = 4 * MILLISECOND;

/** Repeats reports that do not change, at the rate that the host has set for each. */
export class IdleTimers implements Disposable {
  readonly #clock: Clock;
  readonly #rate: (id: number) => number;
  readonly #repeat: (id: number) => void;
  readonly #timers = new Map<number, Timer>();

  /** @param rate idle rate of a report in 4 ms, 0 for never @param repeat sends the report again, and then calls `sent` */
  constructor(clock: Clock, rate: (id: number) => number, repeat: (id: number) => void) {
    this.#clock = clock;
    this.#rate = rate;
    this.#repeat = repeat;
  }

  /** A report has been sent: the time until its repetition begins anew. */
  sent(id: number): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
    const rate = this.#rate(id);
    if (rate === 0) return;
    const timer = this.#clock.setTimer(rate * IDLE_UNIT, () => {
      this.#timers.delete(id);
      this.#repeat(id);
    });
    this.#timers.set(id, timer);
  }

  /** Repeats nothing until the next report. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
