import { type Clock, InputError, type TraceSink } from '@gadgetloom/core';
import type { BusDevice } from '@gadgetloom/udc/bus';
import {
  FaultEngine,
  type FaultRule,
  type FaultTarget,
  type FaultThreshold,
  FaultyDevice,
} from '@gadgetloom/udc/faults';

/** When the cable falls out, counted from the moment it is armed. Give exactly one. */
export interface UnplugPoint {
  /**
   * After so many bytes on data endpoints, in the middle of a transfer if need be. Packets stay whole: the cable falls out
   * before a packet that would go beyond the count.
   */
  readonly bytes?: number;
  /**
   * After so many transactions that were not answered with NAK: SETUP and status stages, stalls and data packets.
   */
  readonly transactions?: number;
  /** After so many nanoseconds. */
  readonly delay?: number;
}

/** What the host does when something happens to the cable. */
export interface CableEvents {
  plugged(): void;
  unplugged(): void;
  /** A hold was released: pipes may go on. */
  released(): void;
  /** Lets a pipe try again. */
  ready(address: number): void;
  /** Bytes of a packet of an endpoint, by address. */
  packetSize(address: number): number;
}

/**
 * The cable between the host and one device, and what can go wrong with it. The device end does not exist for the
 * host while the cable is out; a device that connects meanwhile is seen once the cable is back.
 */
export class Cable implements FaultTarget, Disposable {
  /**
   * The device at the other end, as the host reaches it: the device itself, or one that faults happen to while something
   * is armed. `undefined` while the cable is out or nobody has connected.
   */
  device: BusDevice | undefined = undefined;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #events: CableEvents;
  readonly #engine: FaultEngine;
  #attached: BusDevice | undefined = undefined;
  #faulty: FaultyDevice | undefined = undefined;
  #plugged = true;
  /** The point at which the cable is to fall out. */
  #point: FaultRule | undefined = undefined;

  constructor(clock: Clock, events: CableEvents, trace?: TraceSink) {
    this.#clock = clock;
    this.#events = events;
    this.#trace = trace;
    this.#engine = new FaultEngine({ clock });
    this.#engine.attach(this);
    this.#engine.onChange(() => this.#choosePath());
  }

  /** A device is there, or none any more. */
  attach(device: BusDevice | undefined): void {
    this.#attached = device;
    this.#faulty = undefined;
    this.#choosePath();
  }

  /** Whether a device is the one at the other end. */
  reaches(device: BusDevice): boolean {
    return this.#attached === device;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Puts the cable back in. Harmless while it is in. */
  plug(): void {
    if (this.#plugged) return;
    this.#plugged = true;
    this.#fault('plug');
    this.#events.plugged();
  }

  /** Pulls the cable out; whatever was under way completes with ESHUTDOWN. Harmless while it is out. */
  unplug(): void {
    this.#disarm();
    if (!this.#plugged) return;
    this.#plugged = false;
    this.#fault('unplug');
    this.#events.unplugged();
  }

  /**
   * Lets the cable fall out at a point that is still to come. Arming again replaces the point; disposing disarms.
   *
   * @throws InputError not exactly one point, or it is negative
   */
  unplugAfter(point: UnplugPoint): Disposable {
    const given = [point.bytes, point.transactions, point.delay].filter((value) => value !== undefined);
    if (given.length !== 1 || !(given[0]! >= 0)) {
      throw new InputError('unplugAfter takes exactly one of bytes, transactions and delay, as a number from 0 on.');
    }
    this.#disarm();
    this.#point = this.#engine.add('disconnect', { endpoint: scope(point), after: threshold(point) });
    const armed = this.#point;
    return { [Symbol.dispose]: () => armed[Symbol.dispose]() };
  }

  /**
   * Makes the host sit on its transfers: nothing moves on this data endpoint, or on any, until the hold is disposed.
   * Timeouts still run. A host that never reads is a hold that is kept.
   *
   * @param address with the direction bit; all data endpoints without it
   */
  hold(address?: number): Disposable {
    this.#fault('hold', address);
    const rule = this.#engine.add('nak', { endpoint: address, times: Number.POSITIVE_INFINITY });
    return {
      [Symbol.dispose]: () => {
        if (rule.over) return;
        this.#fault('release', address);
        rule[Symbol.dispose]();
      },
    };
  }

  /** Whether transfers to an address wait until a hold is disposed. */
  isHeld(address: number): boolean {
    return this.#engine.find('nak', address) !== undefined;
  }

  /** A rule is armed, or was taken back. */
  wake(rule: FaultRule): void {
    if (rule.kind === 'disconnect' && rule.armed) this.unplug();
    else this.#events.released();
  }

  /** Nothing that was armed happens any more. */
  [Symbol.dispose](): void {
    this.#disarm();
  }

  #choosePath(): void {
    const device = this.#attached;
    if (device === undefined || this.#engine.rules.length === 0) {
      this.device = device;
      return;
    }
    this.#faulty ??= new FaultyDevice(device, {
      engine: this.#engine,
      connected: () => this.#attached === device,
      packetSize: (address) => this.#events.packetSize(address),
      ready: (address) => this.#events.ready(address),
    });
    this.device = this.#faulty;
  }

  #disarm(): void {
    const point = this.#point;
    this.#point = undefined;
    point?.[Symbol.dispose]();
  }

  #fault(fault: string, address?: number): void {
    this.#trace?.event({ at: this.#clock.now(), source: 'host', what: 'fault', details: { fault, address } });
  }
}

/** Transactions count on endpoint 0 as well, bytes on data endpoints only. */
const scope = (point: UnplugPoint): 'all' | undefined => (point.transactions === undefined ? undefined : 'all');

function threshold({ bytes, transactions, delay = 0 }: UnplugPoint): FaultThreshold {
  if (bytes !== undefined) return { bytes };
  return transactions === undefined ? { time: delay } : { transactions };
}
