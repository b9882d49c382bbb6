import type { Clock, TraceSink } from '@gadgetloom/core';
import type { Handshake } from '../bus/bus.ts';
import type { FaultKind, FaultOptions } from './fault.ts';
import { FaultRule } from './fault-rule.ts';

/** Where faults happen: a cable that can be pulled. */
export interface FaultTarget {
  /** The host has to look again at the endpoints that a rule applies to: it is armed, or it was taken back. */
  wake(rule: FaultRule): void;
  /** Pulls the cable. Harmless while it is out. */
  unplug(): void;
  /** Puts the cable back in. Harmless while it is in. */
  plug(): void;
}

/**
 * What the host gets instead of a packet when a fault strikes; `undefined` if the fault cannot happen now.
 *
 * @param address as the host sees it; 0 for endpoint 0
 */
export type FaultEffect = (rule: FaultRule, address: number) => Handshake | undefined;

/** What a {@link FaultEngine} is made with. */
export interface FaultEngineOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Effects that replace those of {@link FaultyDevice}, or add to them. */
  readonly effects?: Partial<Readonly<Record<FaultKind, FaultEffect>>> | undefined;
  /** Whose transfers thresholds count: the host's, unless the requests of the gadget are counted elsewhere. */
  readonly transfers?: 'host' | 'request' | undefined;
}

/** The faults that were asked for, and what their thresholds count. There is one engine per board, and one per cable. */
export class FaultEngine {
  readonly clock: Clock;
  readonly effects: Partial<Readonly<Record<FaultKind, FaultEffect>>>;
  readonly transfers: 'host' | 'request';
  /** The rules that are not over, in the order in which they were asked for. Empty in ordinary operation. */
  rules: readonly FaultRule[] = [];
  readonly #trace: TraceSink | undefined;
  readonly #targets: FaultTarget[] = [];
  readonly #listeners: (() => void)[] = [];

  constructor({ clock, trace, effects = {}, transfers = 'host' }: FaultEngineOptions) {
    this.clock = clock;
    this.#trace = trace;
    this.effects = effects;
    this.transfers = transfers;
  }

  /** Faults happen to a target from now on. */
  attach(target: FaultTarget): void {
    this.#targets.push(target);
  }

  /** Calls back whenever rules came or went. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Asks for a fault. @throws InputError its options are wrong */
  add(kind: FaultKind, options: FaultOptions, parameter = 0): FaultRule {
    const rule = new FaultRule(kind, options, parameter, this.clock, {
      armed: (armed) => this.#armed(armed),
      over: (over) => this.#change(this.rules.filter((other) => other !== over)),
      withdrawn: (withdrawn) => this.#wake(withdrawn),
    });
    this.#change([...this.rules, rule]);
    if (rule.armed) this.#armed(rule);
    return rule;
  }

  /** The first rule of a kind that is to happen now. @param address with the direction bit; any endpoint without it */
  find(kind: FaultKind, address?: number): FaultRule | undefined {
    const fits = (rule: FaultRule): boolean => address === undefined || rule.appliesTo(address);
    return this.rules.find((rule) => rule.kind === kind && rule.armed && fits(rule));
  }

  /** A fault happens. */
  strike(rule: FaultRule, where: string): void {
    rule.hit();
    const details = { fault: rule.kind, where };
    this.#trace?.event({ at: this.clock.now(), source: 'controller', what: 'fault', details });
  }

  /** Counts towards the thresholds of the rules that apply to an address. */
  count(address: number, unit: FaultRule['unit'], amount: number): void {
    for (const rule of this.rules) if (rule.unit === unit && rule.appliesTo(address)) rule.count(amount);
  }

  /** Pulls the cable. */
  unplug(): void {
    for (const target of this.#targets) target.unplug();
  }

  /** Puts the cable back in. */
  plug(): void {
    for (const target of this.#targets) target.plug();
  }

  /** Takes all faults back. */
  clear(): void {
    for (const rule of this.rules) rule[Symbol.dispose]();
  }

  #change(rules: readonly FaultRule[]): void {
    this.rules = rules;
    for (const listener of this.#listeners) listener();
  }

  #wake(rule: FaultRule): void {
    for (const target of this.#targets) target.wake(rule);
  }

  #armed(rule: FaultRule): void {
    this.#wake(rule);
    if (rule.kind !== 'disconnect') return;
    // Thresholds are reached inside calls of the device's, and a transfer that ends exactly there may finish.
    this.clock.defer(() => {
      if (!rule.armed) return;
      this.strike(rule, 'cable');
      this.unplug();
    });
  }
}
