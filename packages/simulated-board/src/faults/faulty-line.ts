import type { FaultEngine, FaultKind, FaultRule } from '@gadgetloom/udc/faults';
import type { InterruptLine } from '../board/interrupt-line.ts';

/** How a {@link FaultyLine} is told apart, and what can happen on it. */
export interface FaultyLineOptions {
  /** What traces call the line; `'interrupt line'` unless given. */
  readonly name?: string | undefined;
  /** Interrupts can be lost on it; `true` unless given. Otherwise events are lost before they assert the line. */
  readonly loses?: boolean | undefined;
  /** Whether the hardware asserts the line, for hardware that raises it anew for each cause and never lowers it. */
  readonly asserted?: (() => boolean) | undefined;
}

/** An interrupt line on which the faults of a board make an interrupt late, or lose it. */
export class FaultyLine implements InterruptLine {
  readonly #line: InterruptLine;
  readonly #engine: FaultEngine;
  readonly #name: string;
  readonly #loses: boolean;
  readonly #high: (() => boolean) | undefined;
  #asserted = false;
  #waiting = false;

  /** @param line that this one leads to */
  constructor(
    line: InterruptLine,
    engine: FaultEngine,
    { name = 'interrupt line', loses = true, asserted }: FaultyLineOptions = {},
  ) {
    this.#line = line;
    this.#engine = engine;
    this.#name = name;
    this.#loses = loses;
    this.#high = asserted;
  }

  raise(): void {
    if (this.#engine.rules.length > 0 && this.#disturbed()) return;
    this.#asserted = true;
    if (!this.#waiting) this.#line.raise();
  }

  lower(): void {
    this.#asserted = false;
    this.#line.lower();
  }

  /** @returns true if the line is not to be asserted now */
  #disturbed(): boolean {
    if (this.#loses && this.#strikes('lost event') !== undefined) return true;
    const coming = this.#waiting || this.#line.pending === true || (this.#high === undefined && this.#asserted);
    const late = coming ? undefined : this.#strikes('late interrupt');
    if (late === undefined) return false;
    this.#asserted = true;
    this.#waiting = true;
    this.#engine.clock.setTimer(late.parameter, () => {
      this.#waiting = false;
      if (this.#high?.() ?? this.#asserted) this.#line.raise();
    });
    return true;
  }

  #strikes(kind: FaultKind): FaultRule | undefined {
    const rule = this.#engine.find(kind);
    if (rule !== undefined) this.#engine.strike(rule, this.#name);
    return rule;
  }
}
