import { InputError, KernelError, MILLISECOND } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import { type Board, controlEndpoint } from '@gadgetloom/simulated-board';
import {
  type ControllerEvents,
  type EndpointLimits,
  type GadgetController,
  type GadgetDriver,
  type SetupPacket,
  slower,
  type UsbEndpoint,
  type UsbSpeed,
} from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { MockFaults } from '../faults/mock-faults.ts';
import { ControlPipe } from './control-pipe.ts';
import { ControlRequests } from './control-requests.ts';
import { DUMMY_ENDPOINTS } from './dummy-endpoints.ts';
import { MockEndpoint } from './mock-endpoint.ts';
import { MockLink } from './mock-link.ts';

/** dummy_hcd signals resume for 20 milliseconds. */
const RESUME_SIGNALING = 20 * MILLISECOND;

/** The options of a {@link MockController}. */
export interface MockControllerOptions {
  /** Fastest speed; `'high'` by default, as on dummy_hcd. */
  readonly speed?: 'full' | 'high' | 'super';
  /**
   * Accepts scatter-gather tables. With `false`, FunctionFS answers ATTACH with EPERM, as on the unchanged dummy_hcd.
   */
  readonly scatterGather?: boolean;
  /** Data endpoints in the order in which they are claimed; {@link DUMMY_ENDPOINTS} by default. */
  readonly endpoints?: readonly EndpointLimits[];
}

/**
 * An ideal device controller without bandwidth, latency or hardware limits. It answers like dummy_hcd, the kernel's own
 * virtual controller (drivers/usb/gadget/udc/dummy_hcd.c), but has scatter-gather and no timer: bytes move as soon as
 * both sides are ready.
 */
export class MockController implements GadgetController, BusDevice, Disposable {
  readonly driver = 'dummy_udc';
  readonly name: string;
  readonly maxSpeed: UsbSpeed;
  readonly scatterGather: boolean;
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];
  readonly #link: MockLink;
  readonly #ep0: MockEndpoint;
  readonly #all: readonly MockEndpoint[];
  readonly #requests: ControlRequests;
  readonly #control: ControlPipe;
  #core: ControllerEvents | undefined;
  /** True if the controller may call the driver (ints_enabled). */
  #callbacks = false;
  #pulledUp = false;
  #connected = false;
  /** Fastest speed that the driver allows. */
  #allowed: UsbSpeed;
  #announced: UsbSpeed;
  /** True if the bus is connected and not suspended. */
  #active = false;

  /**
   * @param board the board that the controller is on. With {@link MockFaults} it can do all faults of the mock.
   * @throws InputError two endpoints have the same name, or a name does not start with `ep`
   */
  constructor(board: Board, options: MockControllerOptions = {}) {
    const { speed = 'high', scatterGather = true, endpoints: limits = DUMMY_ENDPOINTS } = options;
    checkNames(limits);
    this.name = board.name;
    this.maxSpeed = speed;
    this.#allowed = speed;
    this.#announced = speed;
    this.scatterGather = scatterGather;
    this.dmaDevice = { name: board.name };
    this.#link = new MockLink(board);
    this.#ep0 = new MockEndpoint(controlEndpoint('ep0', 64), -1, this.#link);
    this.#link.in[0] = this.#ep0;
    this.#link.out[0] = this.#ep0;
    this.ep0 = this.#ep0;
    const endpoints = limits.map((limit, order) => new MockEndpoint(limit, order, this.#link));
    this.endpoints = endpoints;
    this.#all = [this.#ep0, ...endpoints];
    this.#requests = new ControlRequests(this.#link);
    this.#control = new ControlPipe(this.#link, this.#ep0, this.#requests);
    board.faults.engine.onChange(() => {
      for (const endpoint of this.#all) endpoint.chooseWay();
    });
    if (board.faults instanceof MockFaults) board.faults.adopt((address) => this.#link.find(address));
  }

  /** Speed of the connection. As on dummy_hcd it is known from binding on, and stays after the cable is unplugged. */
  get speed(): UsbSpeed | undefined {
    return this.#link.speed;
  }

  setSpeed(speed: UsbSpeed): void {
    this.#allowed = slower(speed, this.maxSpeed);
    this.#setSpeed(this.#allowed);
  }

  start(driver: GadgetDriver, core: ControllerEvents): void {
    this.#requests.status = 0;
    this.#link.driver = driver;
    this.#core = core;
  }

  asyncCallbacks(on: boolean): void {
    this.#callbacks = on;
  }

  stop(): void {
    this.#callbacks = false;
    this.#stopActivity();
    this.#link.driver = undefined;
    this.#core = undefined;
  }

  pullup(on: boolean): void {
    this.#pulledUp = on;
    if (on) this.plug();
    else this.#leave();
  }

  /** Milliseconds of the current second, as dummy_hcd counts frames. */
  frameNumber(): number {
    return Math.floor(this.#link.clock.now() / MILLISECOND) % 1000;
  }

  setSelfPowered(on: boolean): void {
    this.#requests.selfPowered = on;
  }

  /** Resumes the bus 20 milliseconds later. @throws KernelError EINVAL not enabled by the host; ENOLINK; EIO not suspended */
  wakeup(): void {
    const fail = (code: 'EINVAL' | 'ENOLINK' | 'EIO', advice: string) =>
      new KernelError(code, `wakeup ${this.name}`, advice);
    if (!this.#requests.mayWakeHost) throw fail('EINVAL', 'The host has not enabled remote wakeup.');
    if (!this.#connected) throw fail('ENOLINK', 'No host is connected.');
    if (this.#active || !this.#link.enabled) throw fail('EIO', 'The bus is not suspended.');
    const { bus, clock } = this.#link;
    clock.setTimer(RESUME_SIGNALING, () => bus.wakeup?.(this));
  }

  reset(): void {
    const link = this.#link;
    link.enabled = false;
    this.#active = false;
    this.#setSpeed(this.#announced);
    if (link.trace !== undefined) link.event('reset', { speed: link.speed });
    if (this.#callbacks) {
      this.#stopActivity();
      this.#core?.reset();
    }
    if (!this.#connected) return;
    link.enabled = true;
    this.resume();
  }

  suspend(): void {
    if (!this.#active) return;
    this.#active = false;
    if (this.#callbacks) this.#link.driver?.suspend();
  }

  resume(): void {
    if (this.#active || !this.#link.enabled) return;
    this.#active = true;
    if (this.#callbacks) this.#link.driver?.resume();
  }

  vbusChanged(on: boolean): void {
    if (on) this.plug();
    else this.unplug();
  }

  setup(packet: SetupPacket): Handshake {
    return this.#active && this.#callbacks ? this.#control.setup(packet) : Handshake.TIMEOUT;
  }

  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    const target = this.#link.in[endpoint];
    if (target === undefined || !this.#active || !this.#callbacks) return Handshake.TIMEOUT;
    return endpoint === 0 ? this.#control.in(transfer, budget) : target.serve(transfer, budget, true);
  }

  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake {
    const target = this.#link.out[endpoint];
    if (target === undefined || !this.#active || !this.#callbacks) return Handshake.TIMEOUT;
    return endpoint === 0 ? this.#control.out(transfer, budget) : target.serve(transfer, budget, false);
  }

  /** Unplugs the cable: requests fail with ESHUTDOWN, and the gadget sees a disconnect. */
  unplug(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#link.enabled = false;
    this.#active = false;
    if (this.#callbacks) {
      this.#stopActivity();
      this.#link.driver?.disconnect();
    }
    this.#link.bus.disconnect(this);
  }

  /** Puts the cable back in. The host sees the device if it is pulled up. */
  plug(): void {
    if (this.#connected || !this.#pulledUp) return;
    this.#connected = true;
    const { bus } = this.#link;
    this.#announced = slower(bus.maxSpeed, this.#allowed);
    this.#setSpeed(this.#announced);
    bus.connect(this, this.#announced);
  }

  packetSize(address: number): number {
    return this.#link.find(address)?.maxPacket ?? this.#ep0.maxPacket;
  }

  /** Leaves the bus. */
  [Symbol.dispose](): void {
    this.pullup(false);
  }

  /** Called without a pull-up: disconnects the device, and the gadget sees a suspended bus (set_link_state). */
  #leave(): void {
    this.#link.enabled = false;
    this.suspend();
    if (!this.#connected) return;
    this.#connected = false;
    this.#link.bus.disconnect(this);
  }

  #stopActivity(): void {
    this.#requests.address = 0;
    for (const endpoint of this.#all) endpoint.nuke();
  }

  #setSpeed(speed: UsbSpeed): void {
    this.#link.speed = speed;
    // dummy_udc_update_ep0 does the same. At super speed bMaxPacketSize0 is the exponent of 512, and dummy_hcd takes it for
    // the size.
    this.#ep0.maxPacket = speed === 'super' ? 9 : 64;
  }
}

function checkNames(endpoints: readonly EndpointLimits[]): void {
  const seen = new Set<string>();
  for (const { name } of endpoints) {
    if (!name.startsWith('ep') || name === 'ep0')
      throw new InputError(`endpoints: '${name}' is no name for a data endpoint; they are like 'ep1in' or 'ep-a'.`, {
        field: 'endpoints',
      });
    if (seen.has(name))
      throw new InputError(`endpoints: '${name}' appears twice; every endpoint needs a name of its own.`, {
        field: 'endpoints',
      });
    seen.add(name);
  }
}
