import type { Clock, TraceSink } from '@gadgetloom/core';
import { USB_DIR_IN } from '@gadgetloom/udc';
import { FaultRule as CountedRule, type FaultOptions } from '@gadgetloom/udc/faults';
import type { MockEndpoint } from '../controller/mock-endpoint.ts';
import type { MockLink } from '../controller/mock-link.ts';
import { EndpointFaults, type FaultEffects } from './endpoint-faults.ts';
import type { FaultKind, FaultRule } from './fault.ts';

/** A controller that faults happen to. */
export interface FaultyController {
  readonly endpoints: readonly MockEndpoint[];
  readonly link: MockLink;
  unplug(): void;
  plug(): void;
}

/** Where faults and those they happen to find each other. */
export class FaultBoard {
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #controllers: FaultyController[] = [];
  readonly #effects = new Map<MockEndpoint, FaultEffects>();
  #rules: readonly FaultRule[] = [];

  constructor(clock: Clock, trace: TraceSink | undefined) {
    this.#clock = clock;
    this.#trace = trace;
  }

  get rules(): readonly FaultRule[] {
    return this.#rules;
  }

  /** Faults happen to a controller from now on. */
  adopt(controller: FaultyController): void {
    this.#controllers.push(controller);
    const { link } = controller;
    for (const endpoint of controller.endpoints)
      this.#effects.set(endpoint, {
        clock: this.#clock,
        ready: (address) => announce(link, address),
        unplug: () => this.unplug(),
        struck: (rule) => this.#report(rule.kind, endpoint.name),
        settled: () => this.route(endpoint),
      });
  }

  /** An endpoint has a new address: other faults may apply to it. */
  route(endpoint: MockEndpoint): void {
    const rules = this.#rules.filter((rule) => rule.appliesTo(endpoint.address));
    const effects = this.#effects.get(endpoint);
    if (endpoint.faults === undefined && rules.length > 0 && effects !== undefined)
      endpoint.faults = new EndpointFaults(effects);
    if (endpoint.faults === undefined) return;
    endpoint.faults.rules = rules;
    if (endpoint.faults.idle) endpoint.faults = undefined;
  }

  add(kind: FaultKind, options: FaultOptions, parameter: number): FaultRule {
    const rule = new CountedRule(kind, options, parameter, this.#clock, {
      armed: (armed) => this.#armed(armed),
      over: (over) => this.#over(over),
      // A host that was put off by it has to look again.
      withdrawn: (withdrawn) => this.#wake(withdrawn),
    });
    this.#rules = [...this.#rules, rule];
    this.#routeAll();
    if (rule.armed) this.#armed(rule);
    return rule;
  }

  unplug(): void {
    for (const controller of this.#controllers) controller.unplug();
  }

  plug(): void {
    for (const controller of this.#controllers) controller.plug();
  }

  clear(): void {
    for (const rule of this.#rules) rule[Symbol.dispose]();
  }

  #armed(rule: FaultRule): void {
    // A host that waits for data has to look again to see it.
    this.#wake(rule);
    if (rule.kind !== 'disconnect') return;
    this.#clock.defer(() => {
      if (!rule.armed) return;
      rule.hit();
      this.#report(rule.kind, undefined);
      this.unplug();
    });
  }

  #over(rule: FaultRule): void {
    this.#rules = this.#rules.filter((other) => other !== rule);
    this.#routeAll();
  }

  #wake(rule: FaultRule): void {
    for (const { endpoints, link } of this.#controllers)
      for (const endpoint of endpoints) if (rule.appliesTo(endpoint.address)) announce(link, endpoint.address);
  }

  #routeAll(): void {
    for (const { endpoints } of this.#controllers) for (const endpoint of endpoints) this.route(endpoint);
  }

  #report(fault: string, where: string | undefined): void {
    this.#trace?.event({ at: this.#clock.now(), source: 'controller', what: 'fault', details: { fault, where } });
  }
}

function announce(link: MockLink, address: number): void {
  link.bus.ready(address);
  if (address === 0) link.bus.ready(USB_DIR_IN);
}
