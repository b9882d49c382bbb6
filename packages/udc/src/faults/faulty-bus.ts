import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '../bus/bus.ts';
import type { SetupPacket, UsbSpeed } from '../chapter9.ts';
import { MICROFRAME, STRIKES } from './fault.ts';
import type { BoardFaultKind, FaultBoard, FaultTarget } from './fault-board.ts';
import type { FaultRule } from './fault-rule.ts';

const NUMBERS = 16;
const ON_THE_CABLE: readonly BoardFaultKind[] = ['nak', 'babble', 'crc', 'disconnect'];

/**
 * The cable as it is with faults: it stands between the host and a controller. Without faults it only passes on; with them
 * one packet moves at a time.
 */
export class FaultyBus implements UsbBus, BusDevice, FaultTarget {
  readonly maxSpeed: UsbSpeed;
  readonly #bus: UsbBus;
  readonly #board: FaultBoard;
  readonly #packet: (address: number) => number;
  /** Who pulls up. */
  #device: BusDevice | undefined;
  /** Who did last, and feels the power of the cable. */
  #last: BusDevice | undefined;
  #speed: UsbSpeed = 'super';
  #plugged = true;
  /** The host has been told of the device. */
  #announced = false;
  /** Errors in a row, by address. */
  readonly #errors = new Map<number, number>();

  /** @param packet bytes of a packet of an endpoint, by address */
  constructor(bus: UsbBus, board: FaultBoard, packet: (address: number) => number) {
    this.maxSpeed = bus.maxSpeed;
    this.#bus = bus;
    this.#board = board;
    this.#packet = packet;
    board.target = this;
  }

  connect(device: BusDevice, speed: UsbSpeed): void {
    this.#device = device;
    this.#last = device;
    this.#speed = speed;
    this.#announce();
  }

  disconnect(): void {
    this.#device = undefined;
    this.#withdraw();
  }

  unplug(): void {
    if (!this.#plugged) return;
    this.#plugged = false;
    this.#withdraw();
    this.#last?.vbusChanged?.(false);
  }

  plug(): void {
    if (this.#plugged) return;
    this.#plugged = true;
    this.#last?.vbusChanged?.(true);
    this.#announce();
  }

  wake(rule: FaultRule<BoardFaultKind>): void {
    if (!ON_THE_CABLE.includes(rule.kind)) return;
    for (let number = 0; number < NUMBERS; number++) {
      for (const address of [number, 0x80 | number]) if (rule.appliesTo(address)) this.#bus.ready(address);
    }
  }

  ready(address: number): void {
    this.#bus.ready(address);
  }

  wakeup(): void {
    this.#bus.wakeup?.(this);
  }

  reset(): void {
    this.#device?.reset();
  }

  suspend(): void {
    this.#device?.suspend();
  }

  resume(): void {
    this.#device?.resume();
  }

  vbusChanged(on: boolean): void {
    this.#last?.vbusChanged?.(on);
  }

  setup(packet: SetupPacket): Handshake {
    return this.#device?.setup(packet) ?? Handshake.TIMEOUT;
  }

  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    const device = this.#device;
    if (device === undefined) return Handshake.TIMEOUT;
    if (this.#board.rules.length === 0) return device.in(endpoint, transfer, budget);
    const address = endpoint === 0 ? 0 : 0x80 | endpoint;
    return this.#serve(address, transfer, budget, (most) => device.in(endpoint, transfer, most));
  }

  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    const device = this.#device;
    if (device === undefined) return Handshake.TIMEOUT;
    if (this.#board.rules.length === 0) return device.out(endpoint, transfer, budget);
    return this.#serve(endpoint, transfer, budget, (most) => device.out(endpoint, transfer, most));
  }

  /** The device is there for the host while it pulls up and the cable is in. */
  #announce(): void {
    if (this.#announced || !this.#plugged || this.#device === undefined) return;
    this.#announced = true;
    this.#bus.connect(this, this.#speed);
  }

  #withdraw(): void {
    if (!this.#announced) return;
    this.#announced = false;
    this.#bus.disconnect(this);
  }

  #serve(address: number, transfer: BusTransfer, budget: number, exchange: (budget: number) => Handshake): Handshake {
    const board = this.#board;
    const packet = this.#packet(address);
    let allowance = budget;
    for (;;) {
      const upset = this.#upset(address);
      if (upset === Handshake.MORE) continue;
      if (upset !== undefined) return upset;
      const near = board.rules.find(
        (rule) => rule.unit === 'bytes' && rule.left > 0 && rule.left < packet && rule.appliesTo(address),
      );
      if (near !== undefined) {
        // The next packet would go beyond what was to move undisturbed.
        near.count(near.left);
        continue;
      }
      const before = transfer.actual;
      const answer = exchange(Math.min(allowance, packet));
      const moved = transfer.actual - before;
      allowance -= moved;
      const over = answer === Handshake.ACK || answer === Handshake.SHORT;
      if (moved > 0 || over) {
        this.#errors.delete(address);
        board.count(address, 'bytes', moved);
        board.count(address, 'packets', 1);
      }
      if (over) board.count(address, 'transfers', 1);
      if (answer !== Handshake.MORE || moved === 0) return answer;
    }
  }

  /** What the host gets instead of a packet; MORE to try again at once. */
  #upset(address: number): Handshake | undefined {
    const board = this.#board;
    const where = `endpoint 0x${address.toString(16).padStart(2, '0')}`;
    const pulled = board.find('disconnect', address);
    if (pulled !== undefined) {
      board.strike(pulled, where);
      this.unplug();
      return Handshake.TIMEOUT;
    }
    const nak = board.find('nak', address);
    if (nak !== undefined) {
      const { endless } = nak;
      board.strike(nak, where);
      if (!endless) board.clock.setTimer(MICROFRAME, () => this.#bus.ready(address));
      return Handshake.NAK;
    }
    const crc = board.find('crc', address);
    if (crc !== undefined) {
      board.strike(crc, where);
      const errors = (this.#errors.get(address) ?? 0) + 1;
      this.#errors.set(address, errors % STRIKES);
      return errors === STRIKES ? Handshake.TIMEOUT : Handshake.MORE;
    }
    const babble = board.find('babble', address);
    if (babble === undefined) return undefined;
    board.strike(babble, where);
    return (address & 0x80) !== 0 ? Handshake.BABBLE : Handshake.TIMEOUT;
  }
}
