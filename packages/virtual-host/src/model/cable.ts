import { type Clock, InputError, type Timer, type TraceSink } from '@gadgetloom/core';
import type { SetupPacket } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake } from '@gadgetloom/udc/bus';

/** When the cable falls out, counted from the moment it is armed. Give exactly one. */
export interface UnplugPoint {
  /** After so many bytes on data endpoints, in the middle of a transfer if need be. */
  readonly bytes?: number;
  /**
   * After so many transactions that were not answered with NAK: SETUP and status stages, stalls and data packets,
   * except for a zero-length packet at the end of a longer transfer.
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
}

/**
 * The cable between the host and one device, and what can go wrong with it. The device end does not exist for the
 * host while the cable is out; a device that connects meanwhile is seen once the cable is back.
 */
export class Cable implements Disposable {
  /** Who is at the other end; `undefined` while the cable is out or nobody has connected. */
  device: BusDevice | undefined = undefined;
  /** True while transactions have to be counted: an unplug is armed. */
  counting = false;
  /** How many holds there are; 0 on the ordinary way. */
  holds = 0;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #events: CableEvents;
  readonly #held = new Map<object, number | undefined>();
  #plugged = true;
  #bytes = Number.POSITIVE_INFINITY;
  #transactions = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, events: CableEvents, trace?: TraceSink) {
    this.#clock = clock;
    this.#events = events;
    this.#trace = trace;
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
    if (point.delay !== undefined) {
      const timer = this.#clock.setTimer(point.delay, () => this.unplug());
      this.#timer = timer;
      return { [Symbol.dispose]: () => timer.cancel() };
    }
    if (given[0] === 0) {
      this.unplug();
      return { [Symbol.dispose]: () => {} };
    }
    this.#bytes = point.bytes ?? Number.POSITIVE_INFINITY;
    this.#transactions = point.transactions ?? Number.POSITIVE_INFINITY;
    this.counting = true;
    return { [Symbol.dispose]: () => this.#disarm() };
  }

  /**
   * Makes the host sit on its transfers: nothing moves on this data endpoint, or on any, until the hold is disposed.
   * Timeouts still run. A host that never reads is a hold that is kept.
   *
   * @param address with the direction bit; all data endpoints without it
   */
  hold(address?: number): Disposable {
    const key = {};
    this.#held.set(key, address);
    this.holds = this.#held.size;
    this.#fault('hold', address);
    return {
      [Symbol.dispose]: () => {
        if (!this.#held.delete(key)) return;
        this.holds = this.#held.size;
        this.#fault('release', address);
        this.#events.released();
      },
    };
  }

  /** Whether transfers to an address wait until the device has been dealt with. */
  isHeld(address: number): boolean {
    for (const held of this.#held.values()) if (held === undefined || held === address) return true;
    return false;
  }

  /** Nothing that was armed happens any more. */
  [Symbol.dispose](): void {
    this.#disarm();
  }

  /** SETUP stage. */
  setup(packet: SetupPacket): Handshake {
    if (this.device === undefined) return Handshake.TIMEOUT;
    const answer = this.device.setup(packet);
    if (this.counting) this.#count(0, 1);
    return answer;
  }

  /**
   * Data to the host; a pipe asks the device directly while nothing is counted.
   *
   * @param packetSize in bytes
   * @param most bytes of this call
   */
  in(endpoint: number, transfer: BusTransfer, packetSize: number, most = Number.POSITIVE_INFINITY): Handshake {
    if (this.device === undefined) return Handshake.TIMEOUT;
    const before = transfer.actual;
    const answer = this.device.in(endpoint, transfer, Math.min(most, this.#budget(endpoint, packetSize)));
    if (this.counting) this.#countMove(endpoint, transfer.actual - before, answer, packetSize);
    return answer;
  }

  /** Data from the host; see {@link in}. */
  out(endpoint: number, transfer: BusTransfer, packetSize: number, most = Number.POSITIVE_INFINITY): Handshake {
    if (this.device === undefined) return Handshake.TIMEOUT;
    const before = transfer.actual;
    const answer = this.device.out(endpoint, transfer, Math.min(most, this.#budget(endpoint, packetSize)));
    if (this.counting) this.#countMove(endpoint, transfer.actual - before, answer, packetSize);
    return answer;
  }

  #budget(endpoint: number, packetSize: number): number {
    if (!this.counting) return Number.POSITIVE_INFINITY;
    return Math.min(endpoint === 0 ? Number.POSITIVE_INFINITY : this.#bytes, this.#transactions * packetSize);
  }

  #countMove(endpoint: number, moved: number, answer: Handshake, packetSize: number): void {
    const ended = answer !== Handshake.NAK && answer !== Handshake.MORE;
    const packets = moved > 0 ? Math.ceil(moved / packetSize) : ended ? 1 : 0;
    this.#count(endpoint === 0 ? 0 : moved, packets);
  }

  #count(bytes: number, transactions: number): void {
    this.#bytes -= bytes;
    this.#transactions -= transactions;
    if (this.#bytes <= 0 || this.#transactions <= 0) this.unplug();
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.counting = false;
    this.#bytes = Number.POSITIVE_INFINITY;
    this.#transactions = Number.POSITIVE_INFINITY;
  }

  #fault(fault: string, address?: number): void {
    this.#trace?.event({ at: this.#clock.now(), source: 'host', what: 'fault', details: { fault, address } });
  }
}
