import type { Clock, TraceSink } from '@gadgetloom/core';
import type { FaultOptions } from './fault.ts';
import { FaultRule } from './fault-rule.ts';

/** What can go wrong around a controller: on the cable, on its way to memory, on its way to the driver. */
export type BoardFaultKind = 'nak' | 'babble' | 'crc' | 'disconnect' | 'bus error' | 'lost event' | 'late interrupt';

/** What faults are done to: the cable. */
export interface FaultTarget {
  /** The host is to look again at the endpoints that a fault applies to. */
  wake(rule: FaultRule<BoardFaultKind>): void;
  /** The cable is pulled. Harmless while it is out. */
  unplug(): void;
  /** The cable is put back in. Harmless while it is in. */
  plug(): void;
}

/** The faults that were asked for around one controller, and what they are counted by. */
export class FaultBoard {
  readonly clock: Clock;
  /** Those that are not over, in the order in which they were asked for. Empty on the ordinary way. */
  rules: readonly FaultRule<BoardFaultKind>[] = [];
  /** {@link FaultyBus} sets it. */
  target: FaultTarget | undefined = undefined;
  readonly #trace: TraceSink | undefined;

  constructor(clock: Clock, trace: TraceSink | undefined) {
    this.clock = clock;
    this.#trace = trace;
  }

  /** Asks for a fault. @throws InputError its options are wrong */
  add(kind: BoardFaultKind, options: FaultOptions, parameter = 0): FaultRule<BoardFaultKind> {
    const rule = new FaultRule<BoardFaultKind>(kind, options, parameter, this.clock, {
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
  find(kind: BoardFaultKind, address?: number): FaultRule<BoardFaultKind> | undefined {
    const fits = (rule: FaultRule<BoardFaultKind>): boolean => address === undefined || rule.appliesTo(address);
    return this.rules.find((rule) => rule.kind === kind && rule.armed && fits(rule));
  }

  /** A fault happens. */
  strike(rule: FaultRule<BoardFaultKind>, where: string): void {
    rule.hit();
    const details = { fault: rule.kind, where };
    this.#trace?.event({ at: this.clock.now(), source: 'controller', what: 'fault', details });
  }

  /** Something has happened that thresholds count. */
  count(address: number, unit: 'bytes' | 'packets' | 'transfers', amount: number): void {
    for (const rule of this.rules) if (rule.unit === unit && rule.appliesTo(address)) rule.count(amount);
  }

  /** Takes all faults back. */
  clear(): void {
    for (const rule of this.rules) rule[Symbol.dispose]();
  }

  #armed(rule: FaultRule<BoardFaultKind>): void {
    this.target?.wake(rule);
    if (rule.kind !== 'disconnect') return;
    this.clock.defer(() => {
      if (!rule.armed) return;
      this.strike(rule, 'cable');
      this.target?.unplug();
    });
  }
}
