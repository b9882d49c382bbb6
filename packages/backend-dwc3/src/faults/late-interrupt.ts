import type { FaultBoard } from '@gadgetloom/udc/faults';
import type { InterruptLine } from '../face/interrupt-line.ts';

/** An interrupt line between the core and who listens, on which the faults of a board make an interrupt late. */
export class LateInterrupt implements InterruptLine {
  readonly #line: InterruptLine;
  readonly #board: FaultBoard;
  #asserted = false;
  #waiting = false;

  /** @param line where it leads to */
  constructor(line: InterruptLine, board: FaultBoard) {
    this.#line = line;
    this.#board = board;
  }

  raise(): void {
    const before = this.#asserted;
    this.#asserted = true;
    if (this.#waiting) return;
    const rule = before || this.#board.rules.length === 0 ? undefined : this.#board.find('late interrupt');
    if (rule === undefined) {
      this.#line.raise();
      return;
    }
    this.#waiting = true;
    this.#board.strike(rule, 'interrupt line');
    this.#board.clock.setTimer(rule.parameter, () => {
      this.#waiting = false;
      if (this.#asserted) this.#line.raise();
    });
  }

  lower(): void {
    this.#asserted = false;
    this.#line.lower();
  }
}
