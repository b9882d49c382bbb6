import type { Clock, TraceSink } from '@gadgetloom/core';
import { isSuperSpeed, slower, type UsbSpeed } from '@gadgetloom/udc';
import type { BusDevice, UsbBus } from '@gadgetloom/udc/bus';
import type { Quirks } from '../quirks/quirks.ts';
import { DeviceEvent, deviceEventWord, LinkState } from '../registers/event.ts';
import type { EventRing } from './event-ring.ts';
import type { FrameCounter } from './frame-counter.ts';

/** DCFG.DEVSPD and DSTS.CONNECTSPD. */
const SPEED_CODES: Readonly<Partial<Record<UsbSpeed, number>>> = { high: 0, full: 1, super: 4, 'super-plus': 5 };

/** The fastest speed that a value of DCFG.DEVSPD allows. */
export function speedOfCode(code: number): UsbSpeed {
  if (code >= 4) return 'super';
  return code === 0 ? 'high' : 'full';
}

/** Bits of DEVTEN. */
const ENABLE = {
  disconnect: 1 << 0,
  reset: 1 << 1,
  connectDone: 1 << 2,
  linkChange: 1 << 3,
  wakeup: 1 << 4,
  suspend: 1 << 6,
} as const;

/** Options of a {@link Link}. */
export interface LinkOptions {
  /** The device end of the cable. */
  readonly device: BusDevice;
  readonly bus: UsbBus;
  readonly events: EventRing;
  readonly frames: FrameCounter;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  /** Fastest speed of the core. */
  readonly maxSpeed: UsbSpeed;
  readonly quirks: Quirks;
}

/** The link: pull-up, speed, reset, suspend and the states that DSTS shows, with the device events of each change. */
export class Link {
  state: LinkState = LinkState.SS_DIS;
  /** DEVTEN. */
  enabledEvents = 0;
  /** The host has reset the device since it connected. */
  up = false;
  speed: UsbSpeed | undefined = undefined;
  readonly #options: LinkOptions;
  #announced: UsbSpeed = 'super';
  #running = false;
  #power = true;
  #waking = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** DCTL.RUN_STOP is set. */
  get running(): boolean {
    return this.#running;
  }

  /** The device can be talked to: the link is in U0, after a reset. */
  get answers(): boolean {
    return this.up && this.state === LinkState.U0;
  }

  /** DSTS.CONNECTSPD. */
  get speedCode(): number {
    return SPEED_CODES[this.speed ?? 'super'] ?? 4;
  }

  /** DCTL.RUN_STOP is set: the pull-up, or terminations, show the device. @param limit what DCFG.DEVSPD allows */
  run(limit: UsbSpeed): void {
    if (this.#running) return;
    this.#running = true;
    this.#announced = slower(slower(limit, this.#options.maxSpeed), this.#options.bus.maxSpeed);
    this.#change(LinkState.RX_DET);
    this.#options.bus.connect(this.#options.device, this.#announced);
  }

  /** DCTL.RUN_STOP is cleared: the device is gone for the host. */
  halt(): void {
    if (!this.#running) return;
    this.#running = false;
    this.up = false;
    this.#change(LinkState.SS_DIS);
    this.#options.bus.disconnect(this.#options.device);
  }

  /** The host resets the bus. A SuperSpeed link that is up already is not trained again (hot reset). */
  reset(): void {
    if (!this.#running || !this.#power) return;
    const hot = this.up && isSuperSpeed(this.speed);
    this.up = true;
    this.#waking = false;
    this.speed = this.#announced;
    this.#options.frames.setSpeed(this.#announced);
    const silent = !hot && isSuperSpeed(this.speed) && this.#options.quirks.missingSuperSpeedReset === true;
    if (!silent) this.#event(ENABLE.reset, DeviceEvent.RESET);
    if (!hot) this.#event(ENABLE.connectDone, DeviceEvent.CONNECT_DONE);
    this.#change(LinkState.U0);
  }

  /** Nothing has moved on the bus for 3 milliseconds. */
  suspend(): void {
    if (!this.up || this.state === LinkState.U3) return;
    this.#change(LinkState.U3);
    this.#event(ENABLE.suspend, DeviceEvent.SUSPEND, LinkState.U3);
  }

  /** The host goes on, on its own or because it was asked to. */
  resume(): void {
    if (!this.up || this.state === LinkState.U0) return;
    const asked = this.#waking;
    this.#waking = false;
    if (this.#options.quirks.spuriousResume === true) {
      this.#options.events.push(deviceEventWord(DeviceEvent.LINK_STATUS_CHANGE, LinkState.RESUME));
    }
    if (!asked) this.#event(ENABLE.wakeup, DeviceEvent.WAKEUP, LinkState.U0);
    this.#change(LinkState.U0);
  }

  /** The link partner sends the link to U1, U2 (L1 below SuperSpeed), or back to U0. False if the driver does not accept it. */
  lowPower(state: 'U0' | 'U1' | 'U2', accepted: boolean): boolean {
    if (!this.up || this.state === LinkState.U3 || (state !== 'U0' && !accepted)) return false;
    const before = this.state;
    this.#change(LinkState[state]);
    if (before === LinkState.U0 && state === 'U2') this.#event(ENABLE.suspend, DeviceEvent.SUSPEND, LinkState.U2);
    return true;
  }

  /** DCTL.ULSTCHNGREQ. */
  request(state: number): void {
    if (state !== LinkState.RECOV || !this.#running) return;
    if (this.state === LinkState.U1 || this.state === LinkState.U2) this.#change(LinkState.U0);
    if (this.state !== LinkState.U3) return;
    this.#waking = true;
    this.#options.bus.wakeup?.(this.#options.device);
  }

  /** VBUS came or went. @param setupWaits a SETUP packet waits for its TRB */
  power(on: boolean, setupWaits: boolean): void {
    if (on === this.#power) return;
    this.#power = on;
    if (!this.#running) return;
    this.up = false;
    this.#change(on ? LinkState.RX_DET : LinkState.SS_DIS);
    const silent = setupWaits && this.#options.quirks.missingDisconnect === true;
    if (!on && !silent) this.#event(ENABLE.disconnect, DeviceEvent.DISCONNECT);
  }

  #change(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    const { trace, clock } = this.#options;
    trace?.event({ at: clock.now(), source: 'controller', what: 'link', details: { state } });
    this.#event(ENABLE.linkChange, DeviceEvent.LINK_STATUS_CHANGE, state);
  }

  #event(enable: number, type: DeviceEvent, info = 0): void {
    if ((this.enabledEvents & enable) !== 0) this.#options.events.push(deviceEventWord(type, info));
  }
}
