import { type Clock, Errno, errnoCode, KernelError } from '@gadgetloom/core';
import type { UsbRequest } from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { MICROFRAME, STRIKES } from '@gadgetloom/udc/faults';
import type { MockEndpoint } from '../controller/mock-endpoint.ts';
import type { FaultRule } from './fault.ts';

/** What happens outside the endpoint when a fault strikes. */
export interface FaultEffects {
  readonly clock: Clock;
  /** The host may try again. */
  ready(address: number): void;
  unplug(): void;
  struck(rule: FaultRule, endpoint: MockEndpoint): void;
  /** A kept completion was released: there may be nothing left to do here. */
  settled(): void;
}

/** A request whose bytes have moved and whose completion is kept back. */
interface Held {
  readonly request: UsbRequest;
  readonly status: number;
  /** When it is due; `Infinity`: lost. */
  readonly due: number;
}

/** The faults of one endpoint: it stands between the endpoint and the host, and between the endpoint and completion. */
export class EndpointFaults {
  /** Those that apply here, in the order in which they were asked for. */
  rules: readonly FaultRule[] = [];
  readonly #effects: FaultEffects;
  #held: Held[] = [];
  /** Damaged packets in a row. */
  #errors = 0;

  constructor(effects: FaultEffects) {
    this.#effects = effects;
  }

  /** Nothing to do here any more. */
  get idle(): boolean {
    return this.rules.length === 0 && this.#held.length === 0;
  }

  /** A request is about to be queued. @throws KernelError the errno asked for */
  queue(endpoint: MockEndpoint): void {
    const rule = this.#armed('refused');
    if (rule !== undefined) {
      this.#strike(rule, endpoint);
      throw new KernelError(errnoCode(rule.parameter), `queue ${endpoint.name}`, 'This fault was asked for.');
    }
    for (const other of this.rules) if (other.kind === 'refused' && other.unit === 'transfers') other.count(1);
  }

  /** As {@link MockEndpoint.exchange}, packet by packet, and not always as well. */
  serve(endpoint: MockEndpoint, transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    let allowance = budget;
    for (;;) {
      const upset = this.#upset(endpoint, toHost);
      if (upset === Handshake.MORE) continue;
      if (upset !== undefined) return upset;
      const before = transfer.actual;
      const limit = this.#bytesUntilFault();
      const step = Math.min(allowance, endpoint.maxPacket);
      const answer = endpoint.exchange(transfer, Math.min(step, limit), toHost);
      const moved = transfer.actual - before;
      allowance -= moved;
      const packet = moved > 0 || answer === Handshake.ACK || answer === Handshake.SHORT;
      if (packet) {
        this.#errors = 0;
        this.#count(moved);
      }
      if (answer !== Handshake.MORE) return answer;
      if (moved > 0) continue;
      if (limit >= step) return Handshake.MORE;
      // The next packet would go beyond what was to move undisturbed.
      for (const rule of [...this.rules]) if (rule.unit === 'bytes' && rule.left === limit) rule.count(limit);
    }
  }

  /** The bytes of a request have moved: completes it, now, late or never. */
  complete(endpoint: MockEndpoint, request: UsbRequest, status: number): void {
    const rule = this.#armed('failed', 'lost event', 'late interrupt');
    for (const other of this.rules)
      if (other !== rule && other.unit === 'transfers' && other.kind !== 'refused') other.count(1);
    let outcome = status;
    let due = this.#lastDue();
    if (rule?.kind === 'failed') outcome = rule.parameter;
    else if (rule?.kind === 'lost event') due = Number.POSITIVE_INFINITY;
    else if (rule !== undefined) due = Math.max(due, this.#effects.clock.now() + rule.parameter);
    const held = { request, status: outcome, due };
    const now = due <= this.#effects.clock.now() && !this.#held.some(waits);
    if (!now) this.#hold(endpoint, held);
    if (rule !== undefined) this.#strike(rule, endpoint);
    if (now) endpoint.giveBack(request, outcome);
  }

  /** Takes back a request whose completion was kept. False if it is not here. */
  release(request: UsbRequest): boolean {
    const at = this.#held.findIndex((held) => held.request === request);
    if (at < 0) return false;
    this.#held.splice(at, 1);
    this.#effects.settled();
    return true;
  }

  /** The request that was kept for the longest time. */
  releaseAny(): UsbRequest | undefined {
    const request = this.#held.shift()?.request;
    this.#effects.settled();
    return request;
  }

  #hold(endpoint: MockEndpoint, held: Held): void {
    this.#held.push(held);
    if (!waits(held)) return;
    this.#effects.clock.setTimer(held.due - this.#effects.clock.now(), () => this.#releaseDue(endpoint));
  }

  /** In order, whichever of several timers of one instant fires first. */
  #releaseDue(endpoint: MockEndpoint): void {
    for (let held = this.#held.find(waits); held !== undefined; held = this.#held.find(waits)) {
      if (held.due > this.#effects.clock.now()) return;
      this.release(held.request);
      endpoint.giveBack(held.request, held.status);
    }
  }

  /** What the host gets instead of an exchange, if anything; MORE to try again at once. */
  #upset(endpoint: MockEndpoint, toHost: boolean): Handshake | undefined {
    for (const rule of this.rules) {
      const answer = rule.armed ? this.#answer(rule, endpoint, toHost) : undefined;
      if (answer === undefined) continue;
      this.#strike(rule, endpoint);
      if (rule.kind === 'disconnect') this.#effects.unplug();
      return answer;
    }
    return undefined;
  }

  #answer(rule: FaultRule, endpoint: MockEndpoint, toHost: boolean): Handshake | undefined {
    switch (rule.kind) {
      case 'disconnect':
        return Handshake.TIMEOUT;
      case 'nak':
        if (!rule.endless) this.#effects.clock.setTimer(MICROFRAME, () => this.#effects.ready(endpoint.address));
        return Handshake.NAK;
      case 'crc':
        this.#errors = (this.#errors + 1) % STRIKES;
        return this.#errors === 0 ? Handshake.TIMEOUT : Handshake.MORE;
      case 'stall':
        endpoint.halted = true;
        endpoint.wedged = rule.parameter !== 0;
        return Handshake.STALL;
      case 'babble': {
        // Nobody can babble without a request.
        const request = endpoint.first;
        if (request === undefined) return undefined;
        endpoint.finish(request, toHost ? 0 : -Errno.EOVERFLOW);
        return toHost ? Handshake.BABBLE : Handshake.SHORT;
      }
      default:
        return undefined;
    }
  }

  #armed(...kinds: readonly FaultRule['kind'][]): FaultRule | undefined {
    return this.rules.find((rule) => rule.armed && kinds.includes(rule.kind));
  }

  #strike(rule: FaultRule, endpoint: MockEndpoint): void {
    rule.hit();
    this.#effects.struck(rule, endpoint);
  }

  #bytesUntilFault(): number {
    let limit = Number.POSITIVE_INFINITY;
    for (const rule of this.rules) if (rule.unit === 'bytes' && rule.left > 0) limit = Math.min(limit, rule.left);
    return limit;
  }

  #count(bytes: number): void {
    for (const rule of [...this.rules]) {
      if (rule.unit === 'bytes') rule.count(bytes);
      else if (rule.unit === 'packets') rule.count(1);
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
