import type { Clock, TraceSink } from '@gadgetloom/core';
import type { CoherentMemory, DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import type { ControllerEvents, GadgetDriver, UsbDeviceState, UsbSpeed } from '@gadgetloom/udc';
import type { RegisterSpace } from '../face/register-space.ts';
import type { Quirks } from '../quirks/quirks.ts';
import type { Properties } from './properties.ts';

/** Where a control transfer is (enum dwc3_ep0_state). */
export type ControlPhase = 'unconnected' | 'setup' | 'data' | 'status';

/** Order of speeds, as enum usb_device_speed has them. */
export const SPEED_ORDER: Readonly<Record<UsbSpeed | 'unknown', number>> = {
  unknown: 0,
  low: 1,
  full: 2,
  high: 3,
  super: 5,
  'super-plus': 6,
};

/** The state that the parts of the driver share (struct dwc3 and struct usb_gadget). */
export class DriverState {
  readonly registers: RegisterSpace;
  readonly memory: DmaAddressSpace;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly properties: Properties;
  readonly quirks: Quirks;
  /** In /sys/class/udc. */
  readonly name: string;
  /** Takes OUT bytes that have no other place. */
  readonly bounce: CoherentMemory;
  /** GSNPSID's release. */
  revision = 0;
  /** Physical endpoints. */
  endpointCount = 0;
  /** DEV_IMOD in units of 250 ns; 0 without. */
  moderation = 0;
  maxSpeed: UsbSpeed = 'super';
  /** Fastest that the gadget driver allows. */
  gadgetMaxSpeed: UsbSpeed = 'super';
  driver: GadgetDriver | undefined = undefined;
  core: ControllerEvents | undefined = undefined;
  /** The gadget driver may be called. */
  callbacks = false;
  /** RUN_STOP is, or will be, set. */
  pullupsConnected = false;
  /** The pull-up was asked for. */
  softConnect = false;
  /** Reset by the host, and not gone since. */
  connected = false;
  suspended = false;
  phase: ControlPhase = 'unconnected';
  /** Called when endpoint 0 waits for a SETUP packet again (ep0_in_setup). */
  onSetupPhase: (() => void) | undefined = undefined;
  /** The test mode that begins after the status stage (USB_TEST_J and its kind); 0 if none. */
  testMode = 0;
  /** The gadget driver finishes a status stage later. */
  delayedStatus = false;
  /** Physical endpoint whose clearing of a halt the host waits for; 0 if none. */
  clearStallProtocol = 0;
  /** Errors have made the controller unusable for the moment, or for good. */
  error: 'none' | 'recovery' | 'unrecoverable' = 'none';
  recoveries = 0;
  linkState = 0;
  selfPowered = false;
  wakeupConfigured = false;
  wakeupArmed = false;
  /** Interfaces, by bit, that want to wake the host. */
  wakeupPending = 0;
  #speed: UsbSpeed | undefined = undefined;
  #speedOrder = 0;
  #deviceState: UsbDeviceState = 'not attached';

  constructor(
    registers: RegisterSpace,
    memory: DmaAddressSpace,
    clock: Clock,
    trace: TraceSink | undefined,
    name: string,
    properties: Properties,
    quirks: Quirks,
  ) {
    this.registers = registers;
    this.memory = memory;
    this.clock = clock;
    this.trace = trace;
    this.name = name;
    this.properties = properties;
    this.quirks = quirks;
    this.bounce = memory.allocateCoherent(BOUNCE_SIZE);
  }

  get speed(): UsbSpeed | undefined {
    return this.#speed;
  }

  set speed(speed: UsbSpeed | undefined) {
    this.#speed = speed;
    this.#speedOrder = SPEED_ORDER[speed ?? 'unknown'];
  }

  /** Speed of the connection as {@link SPEED_ORDER} has it; 0 without a connection. */
  get speedOrder(): number {
    return this.#speedOrder;
  }

  get superSpeed(): boolean {
    return this.#speedOrder >= SPEED_ORDER.super;
  }

  /** gadget->state, as far as this driver and a reset set it. */
  get deviceState(): UsbDeviceState {
    return this.#deviceState;
  }

  /** usb_gadget_set_state. */
  setDeviceState(state: UsbDeviceState): void {
    this.#deviceState = state;
    this.core?.stateChanged(state);
  }

  /** The core has changed the state itself. */
  noteDeviceState(state: UsbDeviceState): void {
    this.#deviceState = state;
  }

  /** Changes bits of a register: those of `clear` to 0, then those of `set` to 1. */
  update(offset: number, clear: number, set: number): void {
    this.registers.write(offset, ((this.registers.read(offset) & ~clear) | set) >>> 0);
  }

  event(what: string, details: Readonly<Record<string, string | number | boolean>>): void {
    this.trace?.event({ at: this.clock.now(), source: 'controller', what, details: { device: this.name, ...details } });
  }

  [Symbol.dispose](): void {
    this.bounce.free();
  }
}

/** One packet at SuperSpeed (DWC3_BOUNCE_SIZE). */
const BOUNCE_SIZE = 1024;
