import { Errno } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { GenericCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { ConfigAction } from '../registers/endpoint-configuration.ts';
import { DeviceEvent, type DeviceEventFields, LinkState } from '../registers/event.ts';
import { get, put } from '../registers/field.ts';
import { enableEndpoint } from './configure-endpoint.ts';
import type { ControlTransfers } from './control-transfers.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { sendGenericCommand } from './generic-command.ts';
import { sendClearStall } from './halt.ts';
import { enableLinkEvents, setLinkState } from './link-state.ts';
import { DEFAULT_HIRD_THRESHOLD } from './properties.ts';
import { removeRequests } from './transfers.ts';

const { DCFG, DCTL, DSTS } = DEVICE_REGISTERS;
const LINK_MASK = 0xf;
const REVISION_188A = 0x188a;
const REVISION_190A = 0x190a;
const REVISION_250A = 0x250a;
/** DGCMDPAR of a function wake notification. */
const FUNCTION_WAKE = 1;
const INTERFACE_SHIFT = 4;

/** DSTS.CONNECTSPD with the packet size of endpoint 0. */
const SPEEDS = new Map<number, { readonly speed: UsbSpeed; readonly maxPacket: number }>([
  [0, { speed: 'high', maxPacket: 64 }],
  [1, { speed: 'full', maxPacket: 64 }],
  [4, { speed: 'super', maxPacket: 512 }],
  [5, { speed: 'super-plus', maxPacket: 512 }],
]);

/** The events of the device: connection, reset, link (dwc3_gadget_interrupt). */
export class DeviceEvents {
  readonly #state: DriverState;
  readonly #endpoints: readonly Dwc3Endpoint[];
  readonly #control: ControlTransfers;

  constructor(state: DriverState, endpoints: readonly Dwc3Endpoint[], control: ControlTransfers) {
    this.#state = state;
    this.#endpoints = endpoints;
    this.#control = control;
  }

  handle({ type, info }: DeviceEventFields): void {
    const link = info & LINK_MASK;
    switch (type) {
      case DeviceEvent.DISCONNECT:
        this.#disconnected();
        break;
      case DeviceEvent.RESET:
        this.#reset();
        break;
      case DeviceEvent.CONNECT_DONE:
        this.#connectDone();
        break;
      case DeviceEvent.WAKEUP:
        this.#state.suspended = false;
        this.#resume();
        this.#state.linkState = link;
        break;
      case DeviceEvent.LINK_STATUS_CHANGE:
        this.#linkChanged(link);
        break;
      case DeviceEvent.SUSPEND:
        if (!this.#state.suspended && link === LinkState.U3) {
          this.#state.suspended = true;
          this.#suspend();
        }
        this.#state.linkState = link;
        break;
    }
  }

  /** Every transfer of data ends; requests are given back with ESHUTDOWN (dwc3_stop_active_transfers). */
  stopTransfers(): void {
    for (let index = 2; index < this.#endpoints.length; index++) {
      removeRequests(this.#state, this.#endpoints[index]!, -Errno.ESHUTDOWN);
    }
  }

  #disconnected(): void {
    const state = this.#state;
    state.suspended = false;
    setLinkState(state, LinkState.RX_DET);
    const { INITU1ENA, INITU2ENA, ULSTCHNGREQ } = DCTL.fields;
    state.update(DCTL.offset, INITU1ENA.mask | INITU2ENA.mask | ULSTCHNGREQ.mask, 0);
    state.connected = false;
    if (state.callbacks) state.driver?.disconnect();
    state.speed = undefined;
    this.#control.forgetSetup();
    state.wakeupArmed = false;
    enableLinkEvents(state, false);
    state.setDeviceState('not attached');
    this.#control.resetPhase();
  }

  #reset(): void {
    const state = this.#state;
    state.suspended = false;
    // These releases may not have told of the disconnect.
    if (state.revision < REVISION_188A && this.#control.setupPending) this.#disconnected();
    if (state.error === 'none') state.recoveries = 0;
    state.connected = false;
    if (state.driver !== undefined && state.callbacks && state.speed !== undefined) {
      state.core?.reset();
      state.noteDeviceState('default');
    }
    this.#control.busReset();
    this.stopTransfers();
    state.connected = true;
    state.update(DCTL.offset, DCTL.fields.TSTCTRL.mask | DCTL.fields.ULSTCHNGREQ.mask, 0);
    state.testMode = 0;
    state.wakeupArmed = false;
    enableLinkEvents(state, false);
    this.#clearStalls();
    state.update(DCFG.offset, DCFG.fields.DEVADDR.mask, 0);
  }

  #clearStalls(): void {
    for (const endpoint of this.#endpoints) {
      if (endpoint.number === 0 || !endpoint.halted) continue;
      endpoint.halted = false;
      sendClearStall(this.#state, endpoint);
    }
  }

  #connectDone(): void {
    const state = this.#state;
    if (!state.softConnect) return;
    const found = SPEEDS.get(get(DSTS.fields.CONNECTSPD, state.registers.read(DSTS.offset)));
    if (found !== undefined) {
      // These releases do not tell of the reset that comes before.
      if (found.speed === 'super' && state.revision < REVISION_190A) this.#reset();
      state.speed = found.speed;
      for (const endpoint of this.#endpoints.slice(0, 2)) {
        endpoint.descriptor = { ...endpoint.descriptor!, maxPacketSize: found.maxPacket };
      }
    }
    this.#setUpLinkPower();
    enableEndpoint(state, this.#endpoints[0]!, ConfigAction.MODIFY);
    enableEndpoint(state, this.#endpoints[1]!, ConfigAction.MODIFY);
  }

  /** Link power management of USB 2, from release 1.94a on. */
  #setUpLinkPower(): void {
    const state = this.#state;
    const { disableLpm, utmiL1Suspend, hirdThreshold = DEFAULT_HIRD_THRESHOLD } = state.properties;
    const { HIRD_THRES, L1_HIBER_EN, ULSTCHNGREQ } = DCTL.fields;
    if (disableLpm !== true && !state.superSpeed) {
      state.update(DCFG.offset, 0, DCFG.fields.LPM_CAP.mask);
      const threshold = hirdThreshold | (utmiL1Suspend === true ? 1 << 4 : 0);
      state.update(DCTL.offset, HIRD_THRES.mask | L1_HIBER_EN.mask | ULSTCHNGREQ.mask, put(HIRD_THRES, threshold));
      return;
    }
    if (disableLpm === true) state.update(DCFG.offset, DCFG.fields.LPM_CAP.mask, 0);
    state.update(DCTL.offset, HIRD_THRES.mask | ULSTCHNGREQ.mask, 0);
  }

  #linkChanged(next: number): void {
    const state = this.#state;
    // These releases tell of a resume without being asked to.
    const spurious = state.linkState === LinkState.U3 && next === LinkState.RESUME;
    if (spurious && state.revision < REVISION_250A) return;
    switch (next) {
      case LinkState.U0:
        if (state.wakeupArmed || state.wakeupPending !== 0) {
          enableLinkEvents(state, false);
          this.#resume();
          state.suspended = false;
        }
        break;
      case LinkState.U2:
      case LinkState.U3:
        this.#suspend();
        break;
      case LinkState.RESUME:
        this.#resume();
        break;
    }
    state.linkState = next;
    if (next !== LinkState.U0) return;
    for (let number = 0; state.wakeupPending !== 0; number++) {
      if (((state.wakeupPending >>> number) & 1) === 0) continue;
      notifyFunctionWake(state, number);
      state.wakeupPending &= ~(1 << number);
    }
  }

  #suspend(): void {
    if (this.#state.callbacks) this.#state.driver?.suspend();
  }

  #resume(): void {
    if (this.#state.callbacks) this.#state.driver?.resume();
  }
}

/** Tells the host that the function of an interface has woken it. @returns 0 or a negative errno */
export function notifyFunctionWake(state: DriverState, interfaceNumber: number): number {
  const parameter = FUNCTION_WAKE | (interfaceNumber << INTERFACE_SHIFT);
  return sendGenericCommand(state, GenericCommand.DEVICE_NOTIFICATION, parameter);
}
