import type { Clock, Timer } from '@gadgetloom/core';
import { USB_DIR_IN } from '../chapter9.ts';
import {
  type Fault,
  type FaultKind,
  type FaultOptions,
  parseThreshold,
  parseTimes,
  type ThresholdUnit,
} from './fault.ts';

/** Callbacks of a rule. */
export interface FaultRuleEvents {
  /** The threshold is reached: the rule is armed. */
  armed(rule: FaultRule): void;
  /** The fault has happened the requested number of times, or was taken back. */
  over(rule: FaultRule): void;
  /** It was taken back before it was over. */
  withdrawn(rule: FaultRule): void;
}

/** A fault, the endpoints that it applies to, and the countdown to it. */
export class FaultRule implements Fault {
  readonly kind: FaultKind;
  readonly endpoint: FaultOptions['endpoint'];
  /** Parameter of the kind of fault: an errno, nanoseconds ... */
  readonly parameter: number;
  readonly unit: ThresholdUnit;
  /** Rest of the threshold; 0 when armed. */
  left: number;
  hits = 0;
  #times: number;
  #timer: Timer | undefined;
  readonly #events: FaultRuleEvents;

  constructor(kind: FaultKind, options: FaultOptions, parameter: number, clock: Clock, events: FaultRuleEvents) {
    const { unit, amount } = parseThreshold(options.after);
    this.kind = kind;
    this.endpoint = options.endpoint;
    this.parameter = parameter;
    this.unit = unit;
    this.left = amount;
    this.#times = parseTimes(options.times);
    this.#events = events;
    if (unit === 'time' && amount > 0) this.#timer = clock.setTimer(amount, () => this.count(amount));
  }

  get armed(): boolean {
    return this.left <= 0 && this.#times > 0;
  }

  get over(): boolean {
    return this.#times <= 0;
  }

  /** True if the fault happens without end. */
  get endless(): boolean {
    return this.#times === Number.POSITIVE_INFINITY;
  }

  /** @param address as the host sees it; 0 for endpoint 0 */
  appliesTo(address: number): boolean {
    if (this.endpoint === undefined) return address !== 0;
    if (typeof this.endpoint === 'number') return this.endpoint === address;
    if (this.endpoint === 'all') return true;
    return address !== 0 && (this.endpoint === 'in') === ((address & USB_DIR_IN) !== 0);
  }

  /** Counts towards the threshold. */
  count(amount: number): void {
    if (this.left <= 0) return;
    this.left -= amount;
    if (this.left <= 0) this.#events.armed(this);
  }

  /** Counts one occurrence. */
  hit(): void {
    this.hits++;
    this.#times--;
    if (this.#times <= 0) this.#events.over(this);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    if (this.#times <= 0) return;
    this.#times = 0;
    this.#events.over(this);
    this.#events.withdrawn(this);
  }
}
