import { VirtualClock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { BoundController, handshakeName, QuietBus } from '@gadgetloom/udc/testing';
import { MockController, type MockControllerOptions } from '../src/index.ts';

/** A controller with nothing around it but what a test looks at. */
export class ControllerRig extends BoundController<MockController> {
  readonly clock: VirtualClock;
  readonly bus: QuietBus;

  constructor(options: Partial<MockControllerOptions> & { hostSpeed?: UsbSpeed } = {}) {
    const { hostSpeed, ...rest } = options;
    const clock = new VirtualClock({ auto: false });
    const bus = new QuietBus(hostSpeed);
    super(new MockController({ bus, clock, ...rest }));
    this.clock = clock;
    this.bus = bus;
  }

  /** Binds, and the host resets the bus. */
  connect(): this {
    this.bind();
    this.controller.reset();
    return this;
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
