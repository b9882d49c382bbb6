import { Errno, errnoCode, VirtualClock } from '@gadgetloom/core';
import {
  type EndpointDescriptor,
  type GadgetDriver,
  type SetupPacket,
  TRANSFER_TYPES,
  type TransferType,
  type UsbEndpoint,
  UsbRequest,
  type UsbSpeed,
} from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import { MockController, type MockControllerOptions } from '../src/index.ts';

/** A bus that does nothing by itself and remembers what it was told. */
export class QuietBus implements UsbBus {
  readonly maxSpeed: UsbSpeed;
  readonly told: string[] = [];
  device: BusDevice | undefined;

  constructor(maxSpeed: UsbSpeed = 'super') {
    this.maxSpeed = maxSpeed;
  }

  connect(device: BusDevice, speed: UsbSpeed): void {
    this.device = device;
    this.told.push(`connect ${speed}`);
  }

  disconnect(): void {
    this.device = undefined;
    this.told.push('disconnect');
  }

  ready(address: number): void {
    this.told.push(`ready ${address.toString(16)}`);
  }

  wakeup(): void {
    this.told.push('wakeup');
  }
}

/** A gadget driver that remembers what it was told. */
export class QuietDriver implements GadgetDriver {
  readonly function = 'quiet';
  maxSpeed: UsbSpeed = 'super';
  readonly told: string[] = [];
  onSetup: (setup: SetupPacket) => number = () => 0;

  setup(setup: SetupPacket): number {
    this.told.push(`setup ${setup.request}`);
    return this.onSetup(setup);
  }
  disconnect(): void {
    this.told.push('disconnect');
  }
  reset(): void {
    this.told.push('reset');
  }
  suspend(): void {
    this.told.push('suspend');
  }
  resume(): void {
    this.told.push('resume');
  }
}

/** A request that says how it went, in words, every time it completes. */
export class WatchedRequest extends UsbRequest {
  readonly outcomes: string[] = [];
  constructor(buffer: Uint8Array, onComplete: (request: WatchedRequest) => void = () => {}) {
    super();
    this.buffer = buffer;
    this.length = buffer.length;
    this.complete = () => {
      this.outcomes.push(`${this.status === 0 ? 'ok' : errnoCode(this.status)} ${this.actual}`);
      onComplete(this);
    };
  }
  get queued(): boolean {
    return this.status === -Errno.EINPROGRESS;
  }
}

/** A transfer of the host. */
export function hostTransfer(length: number, zeroPacket = false): BusTransfer {
  return { data: new Uint8Array(length), length, zeroPacket, actual: 0 };
}

/** Bytes that tell where they belong. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 0xff);
}

/** As `toEqual`, in a fraction of the time for large arrays. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const HANDSHAKES = Object.fromEntries(Object.entries(Handshake).map(([name, value]) => [value, name]));
export const handshakeName = (handshake: Handshake): string => HANDSHAKES[handshake] ?? String(handshake);

export function descriptor(address: number, maxPacketSize: number, type: TransferType = 'bulk'): EndpointDescriptor {
  return { address, attributes: TRANSFER_TYPES.indexOf(type), maxPacketSize, interval: 0 };
}

/** A controller with nothing around it but what a test looks at. */
export class ControllerRig {
  readonly clock = new VirtualClock({ auto: false });
  readonly bus: QuietBus;
  readonly driver = new QuietDriver();
  readonly states: string[] = [];
  readonly controller: MockController;

  constructor(options: Partial<MockControllerOptions> & { hostSpeed?: UsbSpeed } = {}) {
    const { hostSpeed, ...rest } = options;
    this.bus = new QuietBus(hostSpeed);
    this.controller = new MockController({ bus: this.bus, clock: this.clock, ...rest });
  }

  /** Binds the driver and pulls up, as the UDC core does. */
  bind(): this {
    this.controller.setSpeed(this.driver.maxSpeed);
    this.controller.start(this.driver, {
      stateChanged: (state) => this.states.push(state),
      reset: () => {
        this.driver.reset();
        this.states.push('default');
      },
      vbusChanged: () => {},
    });
    this.controller.asyncCallbacks(true);
    this.controller.pullup(true);
    return this;
  }

  /** Binds, and the host resets the bus. */
  connect(): this {
    this.bind();
    this.controller.reset();
    return this;
  }

  endpoint(name: string): UsbEndpoint {
    const endpoint = this.controller.endpoints.find((candidate) => candidate.name === name);
    if (endpoint === undefined) throw new Error(`no endpoint ${name}`);
    return endpoint;
  }

  enable(name: string, address: number, maxPacketSize = 512, type: TransferType = 'bulk'): UsbEndpoint {
    const endpoint = this.endpoint(name);
    endpoint.enable(descriptor(address, maxPacketSize, type));
    return endpoint;
  }

  /** What the host sees when it asks for data. */
  in(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.controller.in(endpoint, transfer, budget));
  }

  /** What the host sees when it offers data. */
  out(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName(this.controller.out(endpoint, transfer, budget));
  }
}
