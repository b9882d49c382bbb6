import { Errno, errnoCode, VirtualClock } from '@gadgetloom/core';
import {
  type EndpointDescriptor,
  type GadgetDriver,
  type SetupPacket,
  TRANSFER_TYPES,
  type TransferType,
  type UsbDeviceState,
  type UsbEndpoint,
  UsbRequest,
  type UsbSpeed,
} from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { MusbBoard, type MusbBoardOptions } from '../src/index.ts';
import { handshakeName, QuietBus } from './hardware-rig.ts';

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

export function descriptor(address: number, maxPacketSize: number, type: TransferType = 'bulk'): EndpointDescriptor {
  return { address, attributes: TRANSFER_TYPES.indexOf(type), maxPacketSize, interval: 0 };
}

/** The board with nothing around it but what a test looks at. Nothing happens before {@link settle}. */
export class ControllerRig {
  readonly clock = new VirtualClock({ auto: false });
  readonly bus: QuietBus;
  readonly driver = new QuietDriver();
  readonly states: UsbDeviceState[] = [];
  readonly board: MusbBoard;

  constructor(options: Partial<MusbBoardOptions> & { readonly hostSpeed?: UsbSpeed } = {}) {
    const { hostSpeed, ...rest } = options;
    this.bus = new QuietBus(hostSpeed);
    this.board = new MusbBoard({ ...rest, bus: this.bus, clock: this.clock });
  }

  get controller() {
    return this.board.controller;
  }

  /** Lets all interrupts and jobs run that are due. */
  async settle(): Promise<this> {
    await this.clock.advance(0);
    return this;
  }

  /** Binds the driver and pulls up, as the UDC core does. */
  async bind(): Promise<this> {
    this.controller.start(this.driver, {
      stateChanged: (state) => this.states.push(state),
      reset: () => {
        this.driver.reset();
        this.states.push('default');
      },
      vbusChanged: () => {},
    });
    this.controller.pullup(true);
    return this.settle();
  }

  /** Binds, and the host resets the bus. */
  async connect(): Promise<this> {
    await this.bind();
    this.board.hardware.reset();
    return this.settle();
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

  /** The host asks for data, as often as it has to. */
  async in(endpoint: number, transfer: BusTransfer): Promise<string> {
    return this.#drive(() => this.board.hardware.in(endpoint, transfer, Number.POSITIVE_INFINITY));
  }

  /** The host offers data, as often as it has to. */
  async out(endpoint: number, transfer: BusTransfer): Promise<string> {
    return this.#drive(() => this.board.hardware.out(endpoint, transfer, Number.POSITIVE_INFINITY));
  }

  /** Until the answer is no NAK, or a NAK that nothing changes. */
  async #drive(token: () => number): Promise<string> {
    for (;;) {
      this.bus.told.length = 0;
      const answer = handshakeName(token() as never);
      await this.settle();
      if (answer !== 'NAK' || !this.bus.told.some((told) => told.startsWith('ready'))) return answer;
    }
  }
}
