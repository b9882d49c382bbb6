import type { SetupPacket, UsbSpeed } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, packetSizeOf, type UsbBus } from '@gadgetloom/udc/bus';
import {
  type FaultEngine,
  type FaultKind,
  type FaultRule,
  type FaultTarget,
  FaultyDevice,
} from '@gadgetloom/udc/faults';

const NUMBERS = 16;
const ON_THE_CABLE: readonly FaultKind[] = ['nak', 'babble', 'crc', 'stall', 'disconnect'];

/** Answers when no device is at the other end of the cable. */
const SILENCE: Pick<BusDevice, 'setup' | 'in' | 'out'> = {
  setup: () => Handshake.TIMEOUT,
  in: () => Handshake.TIMEOUT,
  out: () => Handshake.TIMEOUT,
};

/**
 * The cable between a host and a simulated controller. It forwards everything. While faults are armed, transfers go
 * through a {@link FaultyDevice}.
 */
export class FaultyBus implements UsbBus, BusDevice, FaultTarget {
  readonly maxSpeed: UsbSpeed;
  readonly #bus: UsbBus;
  readonly #engine: FaultEngine;
  /** The device that pulls up. */
  #device: BusDevice | undefined;
  /** The device that pulled up last. It sees the power of the cable. */
  #last: BusDevice | undefined;
  /** The same device with its faults. */
  #faulty: FaultyDevice | undefined;
  /** The target of transfers. */
  #path: Pick<BusDevice, 'setup' | 'in' | 'out'> = SILENCE;
  #speed: UsbSpeed = 'super';
  #plugged = true;
  /** True if the host has been told of the device. */
  #announced = false;

  constructor(bus: UsbBus, engine: FaultEngine) {
    this.maxSpeed = bus.maxSpeed;
    this.#bus = bus;
    this.#engine = engine;
    engine.attach(this);
    engine.onChange(() => this.#choosePath());
  }

  connect(device: BusDevice, speed: UsbSpeed): void {
    this.#device = device;
    this.#last = device;
    this.#speed = speed;
    this.#faulty = new FaultyDevice(device, {
      engine: this.#engine,
      connected: () => this.#announced,
      packetSize: (address) => packetSizeOf(device, address),
      ready: (address) => this.#bus.ready(address),
    });
    this.#choosePath();
    this.#announce();
  }

  disconnect(): void {
    this.#device = undefined;
    this.#path = SILENCE;
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

  wake(rule: FaultRule): void {
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
    return this.#path.setup(packet);
  }

  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    return this.#path.in(endpoint, transfer, budget);
  }

  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    return this.#path.out(endpoint, transfer, budget);
  }

  #choosePath(): void {
    if (this.#device === undefined) return;
    this.#path = this.#engine.rules.length === 0 ? this.#device : (this.#faulty ?? this.#device);
  }

  /** Connects the device for the host while the device pulls up and the cable is in. */
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
}
