import type { Clock, TraceEvent, TraceSink } from '@gadgetloom/core';
import type { Board } from '@gadgetloom/simulated-board';
import { type GadgetDriver, USB_DIR_IN, USB_ENDPOINT_NUMBER_MASK, UsbRequest, type UsbSpeed } from '@gadgetloom/udc';
import type { UsbBus } from '@gadgetloom/udc/bus';
import type { FaultEngine } from '@gadgetloom/udc/faults';
import type { MockEndpoint } from './mock-endpoint.ts';

/** Bytes of the one FIFO that all IN endpoints of dummy_hcd share (FIFO_SIZE). */
export const FIFO_SIZE = 64;

/** The state that a controller's endpoints share: the driver, the port, the FIFO, and the endpoint of each address. */
export class MockLink {
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly bus: UsbBus;
  readonly engine: FaultEngine;
  /** Nanoseconds from the last byte of a request to its completion. */
  readonly latency: number;
  /** Name of the device, for messages and traces. */
  readonly name: string;
  driver: GadgetDriver | undefined = undefined;
  /** True if the host has reset the port and nobody has unplugged the cable since. */
  enabled = false;
  speed: UsbSpeed | undefined = undefined;
  /** Takes the place in a queue of a small IN request that was completed early. */
  readonly fifo = new UsbRequest();
  fifoBusy = false;
  /** Enabled endpoints by number. */
  readonly in: (MockEndpoint | undefined)[] = new Array<MockEndpoint | undefined>(16).fill(undefined);
  readonly out: (MockEndpoint | undefined)[] = new Array<MockEndpoint | undefined>(16).fill(undefined);
  readonly #enabled: MockEndpoint[] = [];

  constructor({ name, bus, clock, trace, faults, interruptLatency }: Board) {
    this.name = name;
    this.bus = bus;
    this.clock = clock;
    this.trace = trace;
    this.engine = faults.engine;
    this.latency = interruptLatency;
    this.fifo.buffer = new Uint8Array(FIFO_SIZE);
    this.fifo.complete = () => {
      this.fifoBusy = false;
    };
  }

  /** Finds the endpoint of an address. 0 and 0x80 are endpoint 0 (find_endpoint). */
  find(address: number): MockEndpoint | undefined {
    return (address & USB_DIR_IN ? this.in : this.out)[address & USB_ENDPOINT_NUMBER_MASK];
  }

  route(endpoint: MockEndpoint): void {
    this.#enabled.push(endpoint);
    this.#enabled.sort((a, b) => a.order - b.order);
    this.#update(endpoint.address);
  }

  unroute(endpoint: MockEndpoint): void {
    const at = this.#enabled.indexOf(endpoint);
    if (at >= 0) this.#enabled.splice(at, 1);
    this.#update(endpoint.address);
  }

  event(what: string, details: NonNullable<TraceEvent['details']>): void {
    this.trace?.event({ at: this.clock.now(), source: 'controller', what, details: { device: this.name, ...details } });
  }

  /**
   * Updates the endpoint of an address. `ep-bin` may get an address that `ep1in-bulk` has: the first in the
   * controller's list answers.
   */
  #update(address: number): void {
    const table = address & USB_DIR_IN ? this.in : this.out;
    table[address & USB_ENDPOINT_NUMBER_MASK] = this.#enabled.find((endpoint) => endpoint.address === address);
  }
}
