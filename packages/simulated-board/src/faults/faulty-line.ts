import type { FaultEngine, FaultKind, FaultRule } from '@gadgetloom/udc/faults';
import type { InterruptLine } from '../board/interrupt-line.ts';

/** The name of a {@link FaultyLine}, and the faults that it can have. */
export interface FaultyLineOptions {
  /** Name of the line in traces; `'interrupt line'` by default. */
  readonly name?: string | undefined;
  /**
   * True if faults can drop interrupts on this line, the default. Otherwise events are lost before they assert the
   * line.
   */
  readonly loses?: boolean | undefined;
  /** Whether the hardware asserts the line. For hardware that raises the line for each cause and never lowers it. */
  readonly asserted?: (() => boolean) | undefined;
}

/** An interrupt line on which the faults of a board delay or drop an interrupt. */
export class FaultyLine implements InterruptLine {
  readonly #line: InterruptLine;
  readonly #engine: FaultEngine;
  readonly #name: string;
  readonly #loses: boolean;
  readonly #high: (() => boolean) | undefined;
  #asserted = false;
  #waiting = false;

  /** @param line the line that this one forwards to */
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

  /** @returns true if a fault keeps the line from being asserted now */
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
