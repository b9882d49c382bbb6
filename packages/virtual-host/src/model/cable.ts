import { type Clock, InputError, type TraceSink } from '@gadgetloom/core';
import type { BusDevice } from '@gadgetloom/udc/bus';
import {
  FaultEngine,
  type FaultRule,
  type FaultTarget,
  type FaultThreshold,
  FaultyDevice,
} from '@gadgetloom/udc/faults';

/** The point at which the cable falls out, counted from the moment of arming. Give exactly one field. */
export interface UnplugPoint {
  /**
   * Bytes on data endpoints. The cable may fall out in the middle of a transfer, but packets stay whole: it falls out
   * before a packet that would exceed the count.
   */
  readonly bytes?: number;
  /** Transactions that were not answered with NAK: SETUP and status stages, stalls and data packets. */
  readonly transactions?: number;
  /** Nanoseconds. */
  readonly delay?: number;
}

/** The events of the cable that the host handles. */
export interface CableEvents {
  plugged(): void;
  unplugged(): void;
  /** A hold was released: pipes may continue. */
  released(): void;
  /** Lets a pipe try again. */
  ready(address: number): void;
  /** Bytes of a packet of an endpoint, by address. */
  packetSize(address: number): number;
}

/**
 * The cable between the host and one device, with its faults. While the cable is out, the host does not see the device.
 * The host sees a device that connects meanwhile once the cable is back.
 */
export class Cable implements FaultTarget, Disposable {
  /**
   * The device at the other end, as the host reaches it: the device itself or, while faults are armed, a wrapper that
   * applies them. `undefined` while the cable is out or no device is connected.
   */
  device: BusDevice | undefined = undefined;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #events: CableEvents;
  readonly #engine: FaultEngine;
  #attached: BusDevice | undefined = undefined;
  #faulty: FaultyDevice | undefined = undefined;
  #plugged = true;
  /** The rule of the armed unplug point. */
  #point: FaultRule | undefined = undefined;

  constructor(clock: Clock, events: CableEvents, trace?: TraceSink) {
    this.#clock = clock;
    this.#events = events;
    this.#trace = trace;
    this.#engine = new FaultEngine({ clock });
    this.#engine.attach(this);
    this.#engine.onChange(() => this.#choosePath());
  }

  /** Called when a device has connected, or `undefined` when it has disconnected. */
  attach(device: BusDevice | undefined): void {
    this.#attached = device;
    this.#faulty = undefined;
    this.#choosePath();
  }

  /** True if a device is the one at the other end. */
  reaches(device: BusDevice): boolean {
    return this.#attached === device;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Puts the cable back in. Does nothing while it is in. */
  plug(): void {
    if (this.#plugged) return;
    this.#plugged = true;
    this.#fault('plug');
    this.#events.plugged();
  }

  /** Pulls the cable out. Pending transfers complete with ESHUTDOWN. Does nothing while the cable is out. */
  unplug(): void {
    this.#disarm();
    if (!this.#plugged) return;
    this.#plugged = false;
    this.#fault('unplug');
    this.#events.unplugged();
  }

  /**
   * Lets the cable fall out at a later point. Arming again replaces the point; disposing disarms it.
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
   * Makes the host hold its transfers: nothing moves on this data endpoint, or on any, until the caller disposes the
   * hold. Timeouts still run. Keep a hold to simulate a host that never reads.
   *
   * @param address with the direction bit; all data endpoints by default
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

  /** True if transfers to an address wait until a hold is disposed. */
  isHeld(address: number): boolean {
    return this.#engine.find('nak', address) !== undefined;
  }

  /** Called when a rule was armed or disarmed. */
  wake(rule: FaultRule): void {
    if (rule.kind === 'disconnect' && rule.armed) this.unplug();
    else this.#events.released();
  }

  /** Disarms everything. */
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

/** Transactions count on endpoint 0 as well, but bytes count on data endpoints only. */
const scope = (point: UnplugPoint): 'all' | undefined => (point.transactions === undefined ? undefined : 'all');

function threshold({ bytes, transactions, delay = 0 }: UnplugPoint): FaultThreshold {
  if (bytes !== undefined) return { bytes };
  return transactions === undefined ? { time: delay } : { transactions };
}
