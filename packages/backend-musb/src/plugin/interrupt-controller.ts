import type { Clock } from '@gadgetloom/core';
import type { InterruptLine } from '../registers/register-space.ts';

/** What the interrupt controller of the SoC needs to know of a chip and its driver. */
export interface InterruptParts {
  readonly clock: Clock;
  /** Nanoseconds from a line that goes high to the driver; 0: as soon as what runs has returned. */
  readonly latency: number;
  asserted(line: InterruptLine): boolean;
  handle(line: InterruptLine): void;
}

/** Brings interrupts from the chip to the driver: later, one at a time, and again while the line is high. */
export class InterruptController {
  readonly #parts: InterruptParts;
  readonly #core: () => void;
  readonly #dma: () => void;
  #coreComing = false;
  #dmaComing = false;

  constructor(parts: InterruptParts) {
    this.#parts = parts;
    this.#core = () => {
      this.#coreComing = false;
      parts.handle('core');
      if (parts.asserted('core')) this.raise('core');
    };
    this.#dma = () => {
      this.#dmaComing = false;
      parts.handle('dma');
      if (parts.asserted('dma')) this.raise('dma');
    };
  }

  /** A line went high. */
  raise(line: InterruptLine): void {
    if (line === 'core') {
      if (this.#coreComing) return;
      this.#coreComing = true;
      this.#later(this.#core);
    } else {
      if (this.#dmaComing) return;
      this.#dmaComing = true;
      this.#later(this.#dma);
    }
  }

  #later(job: () => void): void {
    const { clock, latency } = this.#parts;
    if (latency > 0) clock.setTimer(latency, job);
    else clock.defer(job);
  }
}
