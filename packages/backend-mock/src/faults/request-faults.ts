import { errnoCode, KernelError } from '@gadgetloom/core';
import type { UsbRequest } from '@gadgetloom/udc';
import type { FaultEngine, FaultKind, FaultRule } from '@gadgetloom/udc/faults';
import type { MockEndpoint } from '../controller/mock-endpoint.ts';
import type { RequestPath } from '../controller/request-path.ts';

/** A request whose bytes have moved and whose completion is kept back. */
interface Held {
  readonly request: UsbRequest;
  readonly status: number;
  /** When it is due; `Infinity`: lost. */
  readonly due: number;
}

const COMPLETIONS: readonly FaultKind[] = ['failed', 'lost event', 'late interrupt'];

/** The requests of one endpoint with their faults: queueing is refused, and completions are late, lost or failures. */
export class RequestFaults implements RequestPath {
  readonly #endpoint: MockEndpoint;
  readonly #engine: FaultEngine;
  /** Nanoseconds from the last byte to the completion. */
  readonly #latency: number;
  #held: Held[] = [];

  constructor(endpoint: MockEndpoint, engine: FaultEngine, latency: number) {
    this.#endpoint = endpoint;
    this.#engine = engine;
    this.#latency = latency;
  }

  /** True while completions are kept. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  admit(): void {
    const { name, address } = this.#endpoint;
    const rule = this.#engine.find('refused', address);
    if (rule !== undefined) {
      this.#engine.strike(rule, name);
      throw new KernelError(errnoCode(rule.parameter), `queue ${name}`, 'This fault was asked for.');
    }
    this.#count((other) => other.kind === 'refused');
  }

  complete(request: UsbRequest, status: number): void {
    const { name, address } = this.#endpoint;
    const { clock, rules } = this.#engine;
    const rule = rules.find((one) => one.armed && COMPLETIONS.includes(one.kind) && one.appliesTo(address));
    this.#count((other) => other !== rule && other.kind !== 'refused');
    const failure = rule?.kind === 'failed' ? rule.parameter : status;
    const late = rule?.kind === 'late interrupt' ? rule.parameter : 0;
    const lost = rule?.kind === 'lost event';
    const due = lost ? Number.POSITIVE_INFINITY : Math.max(this.#lastDue(), clock.now() + this.#latency + late);
    const now = due <= clock.now() && !this.#held.some(waits);
    if (!now) this.#hold({ request, status: failure, due });
    if (rule !== undefined) this.#engine.strike(rule, name);
    if (now) this.#endpoint.giveBack(request, failure);
  }

  release(request: UsbRequest): boolean {
    const at = this.#held.findIndex((held) => held.request === request);
    if (at < 0) return false;
    this.#held.splice(at, 1);
    this.#endpoint.chooseWay();
    return true;
  }

  releaseAny(): UsbRequest | undefined {
    const request = this.#held.shift()?.request;
    this.#endpoint.chooseWay();
    return request;
  }

  /** Counts a request towards the thresholds of rules that count requests. */
  #count(concerned: (rule: FaultRule) => boolean): void {
    for (const rule of this.#engine.rules)
      if (rule.unit === 'transfers' && rule.appliesTo(this.#endpoint.address) && concerned(rule)) rule.count(1);
  }

  #hold(held: Held): void {
    this.#held.push(held);
    const { clock } = this.#engine;
    if (waits(held)) clock.setTimer(held.due - clock.now(), () => this.#releaseDue());
  }

  /** In order, whichever of several timers of one instant fires first. */
  #releaseDue(): void {
    for (let held = this.#held.find(waits); held !== undefined; held = this.#held.find(waits)) {
      if (held.due > this.#engine.clock.now()) return;
      this.release(held.request);
      this.#endpoint.giveBack(held.request, held.status);
    }
  }

  /** Completions of an endpoint come in order: none overtakes a late one. Lost ones hold nobody up. */
  #lastDue(): number {
    let due = 0;
    for (const held of this.#held) if (waits(held)) due = Math.max(due, held.due);
    return due;
  }
}

const waits = (held: Held): boolean => held.due < Number.POSITIVE_INFINITY;
