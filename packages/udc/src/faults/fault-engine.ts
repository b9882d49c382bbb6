import type { Clock, TraceSink } from '@gadgetloom/core';
import type { Handshake } from '../bus/bus.ts';
import type { FaultKind, FaultOptions } from './fault.ts';
import { FaultRule } from './fault-rule.ts';

/** The target of faults: a cable that can be pulled. */
export interface FaultTarget {
  /** A rule was armed or taken back: the host must try its endpoints again. */
  wake(rule: FaultRule): void;
  /** Pulls the cable. Harmless while it is out. */
  unplug(): void;
  /** Puts the cable back in. Harmless while it is in. */
  plug(): void;
}

/**
 * Returns the host's result in place of a packet when a fault strikes; `undefined` if the fault cannot happen now.
 *
 * @param address as the host sees it; 0 for endpoint 0
 */
export type FaultEffect = (rule: FaultRule, address: number) => Handshake | undefined;

/** Options of a {@link FaultEngine}. */
export interface FaultEngineOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Effects that replace or extend those of {@link FaultyDevice}. */
  readonly effects?: Partial<Readonly<Record<FaultKind, FaultEffect>>> | undefined;
  /** Transfers that thresholds count: the host's unless given, or the gadget's requests, which the caller counts. */
  readonly transfers?: 'host' | 'request' | undefined;
}

/** Keeps the requested faults and counts towards their thresholds. There is one engine per board and one per cable. */
export class FaultEngine {
  readonly clock: Clock;
  readonly effects: Partial<Readonly<Record<FaultKind, FaultEffect>>>;
  readonly transfers: 'host' | 'request';
  /** The rules that are not over, in the order of their requests. Empty in ordinary operation. */
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

  /** Applies faults to a target from now on. */
  attach(target: FaultTarget): void {
    this.#targets.push(target);
  }

  /** Calls back whenever rules came or went. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Adds a fault. @throws InputError its options are wrong */
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

  /** Records that a fault happens. */
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
    // A threshold is reached inside a call of the device, and a transfer that ends exactly there may finish.
    this.clock.defer(() => {
      if (!rule.armed) return;
      this.strike(rule, 'cable');
      this.unplug();
    });
  }
}
