import type { Clock } from '@gadgetloom/core';

/** A level-triggered interrupt line as the hardware sees it. */
export interface InterruptLine {
  /** Asserts the line. Harmless while it is asserted. */
  raise(): void;
  /** Releases the line. Harmless while it is released. */
  lower(): void;
  /** True while the handler is on its way; unknown without it. */
  readonly pending?: boolean;
}

/** What a {@link DriverInterrupt} is made with. */
export interface DriverInterruptParts {
  readonly clock: Clock;
  /** Nanoseconds from the assertion to the handler. */
  readonly latency: number;
  /** The interrupt handler of the driver. */
  readonly handler: () => void;
  /** Whether the hardware asserts the line. The line remembers it by itself unless this is given. */
  readonly asserted?: (() => boolean) | undefined;
}

/**
 * The interrupt line between the hardware and its driver. The handler is called while the line is asserted, one call at a
 * time, and never from inside a call of the hardware's.
 */
export class DriverInterrupt implements InterruptLine {
  readonly #parts: DriverInterruptParts;
  #asserted = false;
  #scheduled = false;

  constructor(parts: DriverInterruptParts) {
    this.#parts = parts;
  }

  get pending(): boolean {
    return this.#scheduled;
  }

  raise(): void {
    this.#asserted = true;
    if (!this.#scheduled) this.#schedule();
  }

  lower(): void {
    this.#asserted = false;
  }

  #schedule(): void {
    const { clock, latency } = this.#parts;
    this.#scheduled = true;
    if (latency > 0) clock.setTimer(latency, this.#deliver);
    else clock.defer(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#scheduled = false;
    if (!this.#high()) return;
    try {
      this.#parts.handler();
    } finally {
      if (!this.#scheduled && this.#high()) this.#schedule();
    }
  };

  #high(): boolean {
    const { asserted } = this.#parts;
    return asserted === undefined ? this.#asserted : asserted();
  }
}
