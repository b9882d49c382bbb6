import type { Clock } from '@gadgetloom/core';

/** A level-triggered interrupt line as the hardware sees it. */
export interface InterruptLine {
  /** Asserts the line. Does nothing while it is asserted. */
  raise(): void;
  /** Releases the line. Does nothing while it is released. */
  lower(): void;
  /** True while a call of the handler is pending; `undefined` if the line cannot tell. */
  readonly pending?: boolean;
}

/** The parts of a {@link DriverInterrupt}. */
export interface DriverInterruptParts {
  readonly clock: Clock;
  /** Nanoseconds from the assertion to the handler. */
  readonly latency: number;
  /** The interrupt handler of the driver. */
  readonly handler: () => void;
  /** Whether the hardware asserts the line. Unless given, the line remembers it by itself. */
  readonly asserted?: (() => boolean) | undefined;
}

/**
 * The interrupt line between the hardware and its driver. The line calls the handler while it is asserted, one call at
 * a time, and never from inside a call by the hardware.
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
