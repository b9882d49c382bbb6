import { type TraceSink, VirtualClock } from '@gadgetloom/core';
import { Board } from '@gadgetloom/simulated-board';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { BoundController, handshakeName, QuietBus } from '@gadgetloom/udc/testing';
import { MockController, type MockControllerOptions, MockFaults } from '../src/index.ts';

interface RigOptions extends MockControllerOptions {
  readonly hostSpeed?: UsbSpeed;
  readonly name?: string;
  readonly trace?: TraceSink;
  readonly interruptLatency?: number;
}

/** A controller with nothing around it but what a test looks at. */
export class ControllerRig extends BoundController<MockController> {
  readonly clock: VirtualClock;
  readonly bus: QuietBus;
  readonly faults: MockFaults;

  constructor({ hostSpeed, name = 'dummy_udc.0', trace, interruptLatency, ...options }: RigOptions = {}) {
    const clock = new VirtualClock({ auto: false });
    const bus = new QuietBus(hostSpeed);
    const faults = new MockFaults({ clock, trace });
    super(new MockController(new Board({ name, bus, clock, trace, faults, interruptLatency }), options));
    this.clock = clock;
    this.bus = bus;
    this.faults = faults;
  }

  /** Binds, and the host resets the bus. */
  connect(): this {
    this.bind();
    this.controller.reset();
    return this;
  }

  /** What the host sees when it asks for data. */
  in(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName((this.bus.device ?? this.controller).in(endpoint, transfer, budget));
  }

  /** What the host sees when it offers data. */
  out(endpoint: number, transfer: BusTransfer, budget = Number.POSITIVE_INFINITY): string {
    return handshakeName((this.bus.device ?? this.controller).out(endpoint, transfer, budget));
  }
}
