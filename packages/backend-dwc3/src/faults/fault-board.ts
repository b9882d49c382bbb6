import type { Clock, TraceSink } from '@gadgetloom/core';
import { type FaultOptions, FaultRule } from '@gadgetloom/udc/faults';

/** What can go wrong around the core. */
export type Dwc3FaultKind = 'nak' | 'babble' | 'crc' | 'disconnect' | 'lost event' | 'late interrupt' | 'bus error';

/** What faults are done to. */
export interface FaultTarget {
  /** The host is to look again at the endpoints that a fault applies to. */
  wake(rule: FaultRule<Dwc3FaultKind>): void;
  unplug(): void;
  plug(): void;
}

/** The faults that were asked for, and what they are counted by. */
export class FaultBoard {
  readonly clock: Clock;
  /** Those that are not over, in the order in which they were asked for. Empty on the ordinary way. */
  rules: readonly FaultRule<Dwc3FaultKind>[] = [];
  target: FaultTarget | undefined = undefined;
  readonly #trace: TraceSink | undefined;

  constructor(clock: Clock, trace: TraceSink | undefined) {
    this.clock = clock;
    this.#trace = trace;
  }

  add(kind: Dwc3FaultKind, options: FaultOptions, parameter = 0): FaultRule<Dwc3FaultKind> {
    const rule = new FaultRule<Dwc3FaultKind>(kind, options, parameter, this.clock, {
      armed: (armed) => this.#armed(armed),
      over: (over) => {
        this.rules = this.rules.filter((other) => other !== over);
      },
      withdrawn: (withdrawn) => this.target?.wake(withdrawn),
    });
    this.rules = [...this.rules, rule];
    if (rule.armed) this.#armed(rule);
    return rule;
  }

  /** The first rule that is to happen now. @param address with the direction bit; any without it */
  find(kind: Dwc3FaultKind, address?: number): FaultRule<Dwc3FaultKind> | undefined {
    const fits = (rule: FaultRule<Dwc3FaultKind>): boolean => address === undefined || rule.appliesTo(address);
    return this.rules.find((rule) => rule.kind === kind && rule.armed && fits(rule));
  }

  /** A fault happens. */
  strike(rule: FaultRule<Dwc3FaultKind>, where: string): void {
    rule.hit();
    const details = { fault: rule.kind, where };
    this.#trace?.event({ at: this.clock.now(), source: 'controller', what: 'fault', details });
  }

  /** Something has happened that thresholds count. */
  count(address: number, unit: 'bytes' | 'packets' | 'transfers', amount: number): void {
    for (const rule of this.rules) if (rule.unit === unit && rule.appliesTo(address)) rule.count(amount);
  }

  clear(): void {
    for (const rule of this.rules) rule[Symbol.dispose]();
  }

  #armed(rule: FaultRule<Dwc3FaultKind>): void {
    this.target?.wake(rule);
    if (rule.kind !== 'disconnect') return;
    this.clock.defer(() => {
      if (!rule.armed) return;
      this.strike(rule, 'cable');
      this.target?.unplug();
    });
  }
}
