import type { Clock } from '@gadgetloom/core';
import type { FaultBoard } from '@gadgetloom/udc/faults';
import type { InterruptLine } from '../registers/register-space.ts';

/** What the interrupt controller of the SoC needs to know of a chip and its driver. */
export interface InterruptParts {
  readonly clock: Clock;
  /** Nanoseconds from a line that goes high to the driver; 0: as soon as what runs has returned. */
  readonly latency: number;
  asserted(line: InterruptLine): boolean;
  handle(line: InterruptLine): void;
  readonly faults: FaultBoard;
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
    const { faults } = this.#parts;
    const lost = faults.rules.length > 0 ? faults.find('lost event') : undefined;
    if (lost !== undefined) {
      faults.strike(lost, `interrupt of the ${line}`);
      return;
    }
    if (line === 'core') {
      if (this.#coreComing) return;
      this.#coreComing = true;
      this.#later(line, this.#core);
    } else {
      if (this.#dmaComing) return;
      this.#dmaComing = true;
      this.#later(line, this.#dma);
    }
  }

  #later(line: InterruptLine, job: () => void): void {
    const { clock, latency, faults } = this.#parts;
    const late = faults.rules.length > 0 ? faults.find('late interrupt') : undefined;
    if (late !== undefined) faults.strike(late, `interrupt of the ${line}`);
    const delay = latency + (late?.parameter ?? 0);
    if (delay > 0) clock.setTimer(delay, job);
    else clock.defer(job);
  }
}
