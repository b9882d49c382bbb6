import { type BusDevice, type BusTransfer, Handshake } from '../bus/bus.ts';
import type { SetupPacket } from '../chapter9.ts';
import { MICROFRAME, STRIKES } from './fault.ts';
import type { FaultEngine } from './fault-engine.ts';
import type { FaultRule } from './fault-rule.ts';

/** Surroundings of a {@link FaultyDevice}. */
export interface FaultyDeviceParts {
  readonly engine: FaultEngine;
  /** Packet size in bytes, by endpoint address. */
  packetSize(address: number): number;
  /** Whether the device still is at the end of the cable. */
  connected(): boolean;
  /** Lets the host try again. @param address with the direction bit */
  ready(address: number): void;
}

/**
 * Decorates the device at the far end of a cable with faults. It moves one packet at a time, counts packets towards the
 * thresholds of the faults, and answers for the device when one strikes. A device is decorated only while there are
 * faults, so transfers without faults cost nothing extra.
 */
export class FaultyDevice implements BusDevice {
  readonly #device: BusDevice;
  readonly #parts: FaultyDeviceParts;
  /** Damaged packets in a row, by address. */
  readonly #errors = new Map<number, number>();

  constructor(device: BusDevice, parts: FaultyDeviceParts) {
    this.#device = device;
    this.#parts = parts;
  }

  reset(): void {
    this.#device.reset();
  }

  suspend(): void {
    this.#device.suspend();
  }

  resume(): void {
    this.#device.resume();
  }

  vbusChanged(on: boolean): void {
    this.#device.vbusChanged?.(on);
  }

  packetSize(address: number): number {
    return this.#parts.packetSize(address);
  }

  setup(packet: SetupPacket): Handshake {
    const answer = this.#device.setup(packet);
    this.#parts.engine.count(0, 'transactions', 1);
    return answer;
  }

  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    const address = endpoint === 0 ? 0 : 0x80 | endpoint;
    return this.#serve(address, transfer, budget, (most) => this.#device.in(endpoint, transfer, most));
  }

  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    return this.#serve(endpoint, transfer, budget, (most) => this.#device.out(endpoint, transfer, most));
  }

  #serve(address: number, transfer: BusTransfer, budget: number, exchange: (most: number) => Handshake): Handshake {
    const packet = this.#parts.packetSize(address);
    let allowance = budget;
    for (;;) {
      const upset = this.#upset(address);
      if (upset === Handshake.MORE) continue;
      if (upset !== undefined) return upset;
      const limit = this.#bytesUntilFault(address);
      const step = Math.min(allowance, packet);
      const before = transfer.actual;
      const answer = exchange(Math.min(step, limit));
      const moved = transfer.actual - before;
      allowance -= moved;
      this.#count(address, moved, answer);
      if (answer !== Handshake.MORE) return answer;
      if (!this.#parts.connected()) return Handshake.TIMEOUT;
      if (moved > 0) continue;
      if (limit >= step) return answer;
      // The next packet would exceed the threshold, so it does not move.
      for (const rule of this.#parts.engine.rules)
        if (rule.unit === 'bytes' && rule.left === limit && rule.appliesTo(address)) rule.count(limit);
      if (!this.#parts.connected()) return Handshake.TIMEOUT;
    }
  }

  #count(address: number, moved: number, answer: Handshake): void {
    const { engine } = this.#parts;
    const over = answer === Handshake.ACK || answer === Handshake.SHORT;
    if (moved > 0 || over) {
      this.#errors.delete(address);
      engine.count(address, 'bytes', moved);
      engine.count(address, 'packets', 1);
    }
    if (moved > 0 || (answer !== Handshake.NAK && answer !== Handshake.MORE)) engine.count(address, 'transactions', 1);
    if (over && engine.transfers === 'host') engine.count(address, 'transfers', 1);
  }

  #bytesUntilFault(address: number): number {
    let limit = Number.POSITIVE_INFINITY;
    for (const rule of this.#parts.engine.rules)
      if (rule.unit === 'bytes' && rule.left > 0 && rule.appliesTo(address)) limit = Math.min(limit, rule.left);
    return limit;
  }

  /** The host's result in place of a packet; MORE to try again at once. */
  #upset(address: number): Handshake | undefined {
    const { engine } = this.#parts;
    for (const rule of engine.rules) {
      if (!rule.armed || !rule.appliesTo(address)) continue;
      const effect = engine.effects[rule.kind];
      const answer = effect === undefined ? this.#answer(rule, address) : effect(rule, address);
      if (answer === undefined) continue;
      engine.strike(rule, `endpoint 0x${address.toString(16).padStart(2, '0')}`);
      if (rule.kind === 'disconnect') engine.unplug();
      return answer;
    }
    return undefined;
  }

  #answer(rule: FaultRule, address: number): Handshake | undefined {
    switch (rule.kind) {
      case 'disconnect':
        return Handshake.TIMEOUT;
      case 'nak':
        if (!rule.endless) this.#parts.engine.clock.setTimer(MICROFRAME, () => this.#parts.ready(address));
        return Handshake.NAK;
      case 'crc': {
        const errors = (this.#errors.get(address) ?? 0) + 1;
        this.#errors.set(address, errors % STRIKES);
        return errors === STRIKES ? Handshake.TIMEOUT : Handshake.MORE;
      }
      case 'babble':
        return (address & 0x80) !== 0 ? Handshake.BABBLE : Handshake.TIMEOUT;
      default:
        return undefined;
    }
  }
}
