import { VirtualClock } from '@gadgetloom/core';
import type { TransferType, UsbEndpoint, UsbSpeed } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { BoundController, handshakeName, QuietBus } from '@gadgetloom/udc/testing';
import { MusbBoard, type MusbBoardOptions, type MusbController } from '../src/index.ts';

/** The board with only what a test looks at. Nothing happens before {@link settle}. */
export class ControllerRig {
  readonly clock = new VirtualClock({ auto: false });
  readonly bus: QuietBus;
  readonly board: MusbBoard;
  readonly #bound: BoundController<MusbController>;

  constructor(options: Partial<MusbBoardOptions> & { readonly hostSpeed?: UsbSpeed } = {}) {
    const { hostSpeed, ...rest } = options;
    this.bus = new QuietBus(hostSpeed);
    this.board = new MusbBoard({ ...rest, bus: this.bus, clock: this.clock });
    this.#bound = new BoundController(this.board.controller);
  }

  get controller() {
    return this.#bound.controller;
  }

  get driver() {
    return this.#bound.driver;
  }

  get states() {
    return this.#bound.states;
  }

  /** Runs all interrupts and jobs that are due. */
  async settle(): Promise<this> {
    await this.clock.advance(0);
    return this;
  }

  /** Binds the driver and pulls up, as the UDC core does. */
  async bind(): Promise<this> {
    this.#bound.bind();
    return this.settle();
  }

  /** Binds, and lets the host reset the bus. */
  async connect(): Promise<this> {
    await this.bind();
    this.board.hardware.reset();
    return this.settle();
  }

  endpoint(name: string): UsbEndpoint {
    return this.#bound.endpoint(name);
  }

  enable(name: string, address: number, maxPacketSize?: number, type?: TransferType): UsbEndpoint {
    return this.#bound.enable(name, address, maxPacketSize, type);
  }

  /** Lets the host ask for data until the device answers. */
  async in(endpoint: number, transfer: BusTransfer): Promise<string> {
    return this.#drive(() => this.board.hardware.in(endpoint, transfer, Number.POSITIVE_INFINITY));
  }

  /** Lets the host offer data until the device answers. */
  async out(endpoint: number, transfer: BusTransfer): Promise<string> {
    return this.#drive(() => this.board.hardware.out(endpoint, transfer, Number.POSITIVE_INFINITY));
  }

  /** Repeats a token until the answer is no NAK, or until nothing can change the NAK. */
  async #drive(token: () => number): Promise<string> {
    for (;;) {
      this.bus.told.length = 0;
      const answer = handshakeName(token() as never);
      await this.settle();
      if (answer !== 'NAK' || !this.bus.told.some((told) => told.startsWith('ready'))) return answer;
    }
  }
}
