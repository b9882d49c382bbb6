import { type Clock, MILLISECOND, type TraceEvent, type TraceSink } from '@gadgetloom/core';
import type { BusDevice, UsbBus } from '@gadgetloom/udc/bus';
import { COMMON_REGISTERS, Devctl, IntrUsb, Power } from '../registers/core-registers.ts';
import { accessMasks } from '../registers/register.ts';
import type { Interrupts } from './interrupts.ts';

const powerMask = accessMasks(COMMON_REGISTERS.POWER).rw;
const devctlMask = accessMasks(COMMON_REGISTERS.DEVCTL).rw;
const FRAME_MASK = COMMON_REGISTERS.FRAME.fields.NUMBER[0];

/** The parts of the link to the host. */
export interface UsbLinkParts {
  readonly device: BusDevice;
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly interrupts: Interrupts;
  readonly name: string;
  /** True: the first reset of a connection raises no interrupt. */
  readonly losesResetInterrupt: boolean;
}

/** The link to the host: POWER, DEVCTL and FRAME, and the bus events that only raise interrupts. */
export class UsbLink {
  readonly bus: UsbBus;
  readonly #parts: UsbLinkParts;
  #power: number = COMMON_REGISTERS.POWER.reset;
  #devctl: number = COMMON_REGISTERS.DEVCTL.reset;
  #vbus = true;
  #connected = false;
  /** True if the host has reset the bus since the device connected, and the bus is awake. */
  #active = false;
  #highSpeed = false;
  #wasReset = false;

  constructor(parts: UsbLinkParts) {
    this.#parts = parts;
    this.bus = parts.bus;
  }

  /** True if tokens reach the endpoints. */
  get active(): boolean {
    return this.#active;
  }

  get power(): number {
    return this.#power;
  }

  get devctl(): number {
    return this.#vbus ? this.#devctl | Devctl.VBUS : this.#devctl;
  }

  /** Number of the frame. Bit 0 changes every millisecond. */
  get frame(): number {
    return Math.floor(this.#parts.clock.now() / MILLISECOND) & FRAME_MASK;
  }

  writePower(value: number, lanes: number): void {
    const mask = powerMask & lanes;
    const before = this.#power;
    this.#power = (before & ~mask) | (value & mask);
    this.#connect();
    const { bus, device } = this.#parts;
    if ((this.#power & ~before & Power.RESUME) !== 0 && !this.#active && this.#connected) bus.wakeup?.(device);
  }

  writeDevctl(value: number, lanes: number): void {
    const mask = devctlMask & lanes;
    this.#devctl = (this.#devctl & ~mask) | (value & mask);
  }

  /** Called when the host switches its power on or off. */
  vbusChanged(on: boolean): void {
    if (on === this.#vbus) return;
    this.#vbus = on;
    if (!on) {
      this.#devctl &= ~Devctl.SESSION;
      this.#parts.interrupts.raiseUsb(IntrUsb.DISCONNECT);
    }
    this.#connect();
  }

  /** Handles a bus reset, with the handshake that finds the speed. */
  reset(): void {
    if (!this.#connected) return;
    this.#active = true;
    this.#power &= ~(Power.HSMODE | Power.SUSPENDM | Power.RESUME);
    if (this.#highSpeed) this.#power |= Power.HSMODE;
    this.event('reset', { speed: this.#highSpeed ? 'high' : 'full' });
    const lost = this.#parts.losesResetInterrupt && !this.#wasReset;
    this.#wasReset = true;
    if (!lost) this.#parts.interrupts.raiseUsb(IntrUsb.RESET);
  }

  suspend(): void {
    if (!this.#active) return;
    this.#active = false;
    if ((this.#power & Power.ENSUSPEND) !== 0) this.#power |= Power.SUSPENDM;
    this.#parts.interrupts.raiseUsb(IntrUsb.SUSPEND);
  }

  resume(): void {
    if (this.#active || !this.#connected) return;
    this.#active = true;
    this.#power &= ~Power.SUSPENDM;
    this.#parts.interrupts.raiseUsb(IntrUsb.RESUME);
  }

  event(what: string, details: NonNullable<TraceEvent['details']>): void {
    const { trace, clock, name } = this.#parts;
    if (trace !== undefined)
      trace.event({ at: clock.now(), source: 'controller', what, details: { device: name, ...details } });
  }

  /** Connects the device while it pulls up and the host supplies power. */
  #connect(): void {
    const { bus, device } = this.#parts;
    const connected = this.#vbus && (this.#power & Power.SOFTCONN) !== 0;
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#active = false;
    this.#wasReset = false;
    if (!connected) {
      this.event('disconnected', {});
      bus.disconnect(device);
      return;
    }
    this.#highSpeed = (this.#power & Power.HSENAB) !== 0 && bus.maxSpeed !== 'full' && bus.maxSpeed !== 'low';
    const speed = this.#highSpeed ? 'high' : 'full';
    this.event('connected', { speed });
    bus.connect(device, speed);
  }
}
