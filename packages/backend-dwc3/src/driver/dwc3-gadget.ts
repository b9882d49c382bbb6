import { type Clock, type ErrnoCode, errnoCode, KernelError, type TraceSink } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { CoherentMemory, DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import {
  type ControllerEvents,
  type GadgetController,
  type GadgetDriver,
  type LinkPowerParameters,
  slower,
  type UsbEndpoint,
  type UsbSpeed,
} from '@gadgetloom/udc';
import type { RegisterSpace } from '../face/register-space.ts';
import type { Quirks } from '../quirks/quirks.ts';
import { decodeEvent, EndpointEvent, type EndpointEventFields, LinkState } from '../registers/event.ts';
import { TRB_BYTES } from '../registers/trb.ts';
import { ControlEndpoint } from './control-endpoint.ts';
import { ControlRequests } from './control-requests.ts';
import { ControlTransfers } from './control-transfers.ts';
import { initializeCore, largestPacket, speedOfPhys } from './core-init.ts';
import { DataEndpoint } from './data-endpoint.ts';
import { DeviceEvents, notifyFunctionWake } from './device-events.ts';
import { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { handleEndpointEvent } from './endpoint-events.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { EventBuffer } from './event-buffer.ts';
import { frameNumber } from './isochronous-start.ts';
import { linkState, wakeHost } from './link-state.ts';
import { DEFAULT_HIRD_THRESHOLD, type Properties } from './properties.ts';
import { type ConnectionParts, endControlTransfer, softConnect, softDisconnect } from './soft-connect.ts';
import { RING_SIZE, TrbRing } from './trb-ring.ts';

/** TRBs of endpoint 0. */
const CONTROL_TRBS = 2;
/** Recoveries in a row after which the controller counts as lost (DWC3_ERR_RECOVERY_MAX). */
const MOST_RECOVERIES = 3;
/** Microseconds to leave U1 and U2 that the device announces (gadget.h, DWC3_DEFAULT_U1_DEV_EXIT_LAT). */
const U1_EXIT_LATENCY = 0x0a;
const U2_EXIT_LATENCY = 0x1ff;

/** Options of a {@link Dwc3Gadget}. */
export interface Dwc3GadgetOptions {
  readonly registers: RegisterSpace;
  /** Memory as the controller reaches it. */
  readonly memory: DmaAddressSpace;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Name in /sys/class/udc; `'fe800000.usb'` unless given. */
  readonly name?: string | undefined;
  /** Fastest speed (the property maximum-speed); that of the PHYs unless given. */
  readonly maxSpeed?: UsbSpeed | undefined;
  readonly properties?: Properties | undefined;
  /** Bugs of Linux's driver to have. */
  readonly quirks?: Quirks | undefined;
}

/**
 * A gadget driver for a DWC3, which it knows by its registers, its descriptors in memory and its interrupt: it does what
 * Linux's does, in the same order, with the same errnos (drivers/usb/dwc3/gadget.c, ep0.c, core.c of 6.12).
 */
export class Dwc3Gadget implements GadgetController, Disposable {
  readonly driver = 'dwc3-gadget';
  readonly name: string;
  readonly maxSpeed: UsbSpeed;
  readonly scatterGather = true;
  readonly lpmCapable: boolean;
  readonly wakeupCapable = true;
  readonly linkPower: LinkPowerParameters;
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];
  readonly #state: DriverState;
  readonly #physical: readonly Dwc3Endpoint[];
  readonly #events: EventBuffer;
  readonly #control: ControlTransfers;
  readonly #device: DeviceEvents;
  readonly #parts: ConnectionParts;
  readonly #memory: CoherentMemory[] = [];

  /** @throws KernelError ENODEV there is no such controller; ETIMEDOUT it does not answer */
  constructor(options: Dwc3GadgetOptions) {
    const { registers, memory, clock, trace, name = 'fe800000.usb', maxSpeed, properties = {}, quirks = {} } = options;
    const state = new DriverState(registers, memory, clock, trace, name, properties, quirks);
    this.#state = state;
    this.name = name;
    this.dmaDevice = memory;
    initializeCore(state);
    state.maxSpeed = maxSpeed ?? speedOfPhys(state);
    state.gadgetMaxSpeed = state.maxSpeed;
    this.maxSpeed = state.maxSpeed;
    this.lpmCapable = properties.disableLpm !== true;
    this.linkPower = linkPower(properties);
    this.#events = new EventBuffer(state);
    this.#events.setUp();
    const trbs = this.#allocate(CONTROL_TRBS);
    const control = [0, 1].map((number) => new ControlEndpoint(state, number, new TrbRing(trbs), () => this.#control));
    const data = Array.from({ length: state.endpointCount - 2 }, (_, index) => {
      const ring = new TrbRing(this.#allocate(RING_SIZE));
      return new DataEndpoint(state, index + 2, ring, largestPacket(state, index + 2));
    });
    const physical = [...control, ...data];
    this.#physical = physical;
    this.#control = new ControlTransfers(state, physical, trbs, new ControlRequests(state, physical));
    this.ep0 = control[0]!;
    this.endpoints = data;
    this.#device = new DeviceEvents(state, physical, this.#control);
    this.#parts = {
      state,
      endpoints: physical,
      control: this.#control,
      events: this.#events,
      device: this.#device,
      interrupt: () => this.interrupt(),
    };
  }

  /** Speed of the connection; `undefined` after a disconnect. */
  get speed(): UsbSpeed | undefined {
    return this.#state.speed;
  }

  setSpeed(speed: UsbSpeed): void {
    this.#state.gadgetMaxSpeed = slower(speed, this.maxSpeed);
  }

  start(driver: GadgetDriver, core: ControllerEvents): void {
    this.#state.driver = driver;
    this.#state.core = core;
  }

  stop(): void {
    this.#state.driver = undefined;
    this.#state.core = undefined;
  }

  asyncCallbacks(on: boolean): void {
    this.#state.callbacks = on;
  }

  /** @throws KernelError ETIMEDOUT the hardware does not follow */
  pullup(on: boolean): void {
    const state = this.#state;
    state.softConnect = on;
    if (state.pullupsConnected === on) return;
    const result = on ? softConnect(this.#parts) : softDisconnect(this.#parts);
    if (result < 0) throw this.#error(result, on ? 'pullup on' : 'pullup off', 'The controller does not answer.');
  }

  beforePullupOff(): Promise<void> | undefined {
    return endControlTransfer(this.#parts);
  }

  frameNumber(): number {
    return frameNumber(this.#state);
  }

  /** @throws KernelError EINVAL the configuration or the host does not allow it, or the bus does not sleep; ESHUTDOWN */
  wakeup(): void {
    this.#expectWakeup('wakeup');
    const state = this.#state;
    if (!state.wakeupArmed) throw this.#error('EINVAL', 'wakeup', 'The host has not enabled remote wakeup.');
    const result = wakeHost(state);
    if (result < 0) throw this.#error(result, 'wakeup', 'The bus is not suspended.');
  }

  functionWakeup(interfaceNumber: number): void {
    this.#expectWakeup('function wakeup');
    const state = this.#state;
    let result: number;
    if (linkState(state) === LinkState.U3) {
      state.wakeupPending |= 1 << interfaceNumber;
      result = wakeHost(state);
    } else result = notifyFunctionWake(state, interfaceNumber);
    if (result < 0) throw this.#error(result, 'function wakeup', 'The controller does not answer.');
  }

  setRemoteWakeup(on: boolean): void {
    this.#state.wakeupConfigured = on;
  }

  setSelfPowered(on: boolean): void {
    this.#state.selfPowered = on;
  }

  /** The interrupt: the platform calls it while the line is asserted. */
  interrupt(): void {
    if (this.#state.driver === undefined) return;
    if (!this.#events.interrupt(this.#handle)) this.#recover();
  }

  /** Leaves the bus and gives its memory back. */
  [Symbol.dispose](): void {
    if (this.#state.pullupsConnected) this.pullup(false);
    this.#events[Symbol.dispose]();
    this.#state[Symbol.dispose]();
    for (const memory of this.#memory.splice(0)) memory.free();
  }

  /** dwc3_process_event_entry and dwc3_endpoint_interrupt. */
  readonly #handle = (word: number): void => {
    const event = decodeEvent(word);
    if (event === undefined) return;
    if (event.kind === 'device') {
      this.#device.handle(event);
      return;
    }
    const endpoint = this.#physical[event.endpoint];
    if (endpoint === undefined || isStale(endpoint, event)) return;
    if ((endpoint.flags & EndpointFlag.ENABLED) === 0 && !concernsDisabled(endpoint, event)) return;
    if (endpoint.number <= 1) this.#control.handle(event);
    else handleEndpointEvent(this.#state, endpoint, event, this.#control);
  };

  /** The driver has lost track: it connects anew, a few times (dwc3_err_recovery_work). */
  #recover(): void {
    const state = this.#state;
    state.error = 'recovery';
    state.event('error recovery', { recoveries: state.recoveries });
    state.clock.defer(() => {
      const disconnected = softDisconnect(this.#parts);
      if (state.callbacks) state.driver?.disconnect();
      let lost = disconnected !== 0;
      if (!lost && state.softConnect) {
        lost = ++state.recoveries > MOST_RECOVERIES || softConnect(this.#parts) !== 0;
      }
      state.error = lost ? 'unrecoverable' : 'none';
    });
  }

  #expectWakeup(operation: string): void {
    const { wakeupConfigured, error } = this.#state;
    if (!wakeupConfigured) throw this.#error('EINVAL', operation, 'The configuration does not allow remote wakeup.');
    if (error !== 'none') throw this.#error('ESHUTDOWN', operation, 'The controller has lost track of its events.');
  }

  #allocate(trbs: number): CoherentMemory {
    const memory = this.#state.memory.allocateCoherent(trbs * TRB_BYTES);
    this.#memory.push(memory);
    return memory;
  }

  #error(code: ErrnoCode | number, operation: string, advice: string): KernelError {
    return new KernelError(typeof code === 'number' ? errnoCode(code) : code, `${operation} ${this.name}`, advice);
  }
}

/** True for the end of a transfer that an endpoint had before it was disabled. */
function isStale(endpoint: Dwc3Endpoint, { type }: EndpointEventFields): boolean {
  if (endpoint.staleEnds === 0 || type !== EndpointEvent.COMMAND_COMPLETE) return false;
  endpoint.staleEnds--;
  return true;
}

/** True for the end of a transfer, which is all that matters of a disabled endpoint. */
function concernsDisabled({ number, flags }: Dwc3Endpoint, { type }: EndpointEventFields): boolean {
  if (number > 1 && (flags & EndpointFlag.TRANSFER_STARTED) === 0) return false;
  return type === EndpointEvent.COMMAND_COMPLETE || (number <= 1 && type === EndpointEvent.XFER_COMPLETE);
}

function linkPower({
  disableU1,
  disableU2,
  disablePhySleep,
  utmiL1Suspend,
  hirdThreshold = DEFAULT_HIRD_THRESHOLD,
}: Properties): LinkPowerParameters {
  // A baseline of 0, or a deep one below 2, makes Windows reset the device for ever.
  const baseline = disablePhySleep === true ? {} : { baselineBesl: 1 };
  const deep = utmiL1Suspend === true ? { deepBesl: Math.min(15, Math.max(2, hirdThreshold)) } : {};
  return {
    ...baseline,
    ...(disablePhySleep === true ? {} : deep),
    u1ExitLatency: disableU1 === true ? 0 : U1_EXIT_LATENCY,
    u2ExitLatency: disableU2 === true ? 0 : U2_EXIT_LATENCY,
  };
}
