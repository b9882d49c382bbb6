import { Errno, isKernelError } from '@gadgetloom/core';
import {
  DELAYED_STATUS,
  Feature,
  Request,
  RequestType,
  type SetupPacket,
  USB_DIR_IN,
  USB_ENDPOINT_NUMBER_MASK,
  UsbRequest,
} from '@gadgetloom/udc';
import { GenericCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { get, put } from '../registers/field.ts';
import { startConfiguration } from './configure-endpoint.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { sendGenericCommand } from './generic-command.ts';
import { clearHalt, setHalt } from './halt.ts';

const { DCFG, DCTL } = DEVICE_REGISTERS;
const { ACCEPTU1ENA, ACCEPTU2ENA, INITU1ENA, INITU2ENA } = DCTL.fields;
const EINVAL = -Errno.EINVAL;
/** Bits of the device's status at SuperSpeed (USB_DEV_STAT_U1_ENABLED, U2). */
const U1_ENABLED = 1 << 2;
const U2_ENABLED = 1 << 3;
/** USB_TEST_J to USB_TEST_FORCE_ENABLE. */
const LAST_TEST = 5;
const SEL_BYTES = 6;
/** Longest device exit latency that the hardware takes, in microseconds. */
const LONGEST_LATENCY = 125;
/** Bytes of the driver's own buffer (DWC3_EP0_SETUP_SIZE). */
const SETUP_BUFFER_SIZE = 512;

/**
 * How a SETUP packet is answered: with 0, with DELAYED_STATUS, with a negative errno to stall with, or with a request of
 * the driver's own that the data stage serves.
 */
export type ControlOutcome = number | UsbRequest;

/**
 * The standard requests that this driver answers itself or takes part in. All others go to the gadget driver
 * (dwc3_ep0_std_request).
 */
export class ControlRequests {
  readonly #state: DriverState;
  readonly #endpoints: readonly Dwc3Endpoint[];
  /** For the answers of the driver, and for the data of SET_SEL. */
  readonly #own = new UsbRequest();
  readonly #buffer = new Uint8Array(SETUP_BUFFER_SIZE);

  /** @param endpoints all physical endpoints */
  constructor(state: DriverState, endpoints: readonly Dwc3Endpoint[]) {
    this.#state = state;
    this.#endpoints = endpoints;
    this.#own.buffer = this.#buffer;
  }

  answer(setup: SetupPacket): ControlOutcome {
    if ((setup.requestType & RequestType.TYPE_MASK) !== RequestType.STANDARD) return this.#delegate(setup);
    switch (setup.request) {
      case Request.GET_STATUS:
        return this.#getStatus(setup);
      case Request.CLEAR_FEATURE:
        return this.#feature(setup, false);
      case Request.SET_FEATURE:
        return this.#feature(setup, true);
      case Request.SET_ADDRESS:
        return this.#setAddress(setup.value);
      case Request.SET_CONFIGURATION:
        return this.#setConfiguration(setup);
      case Request.SET_SEL:
        return this.#setSel(setup);
      case Request.SET_ISOCH_DELAY:
        return setup.index !== 0 || setup.length !== 0 ? EINVAL : 0;
      default:
        return this.#delegate(setup);
    }
  }

  /** dwc3_ep0_delegate_req. */
  #delegate(setup: SetupPacket): number {
    const { callbacks, driver } = this.#state;
    if (!callbacks || driver === undefined) return EINVAL;
    try {
      return driver.setup(setup);
    } catch (refusal) {
      if (!isKernelError(refusal)) throw refusal;
      return -refusal.errno;
    }
  }

  #getStatus(setup: SetupPacket): ControlOutcome {
    if (setup.value !== 0) return EINVAL;
    const state = this.#state;
    let status = 0;
    switch (setup.requestType & RequestType.RECIPIENT_MASK) {
      case RequestType.DEVICE: {
        if (state.selfPowered) status |= 1;
        if (!state.superSpeed) {
          if (state.wakeupArmed) status |= 1 << Feature.REMOTE_WAKEUP;
          break;
        }
        const control = state.registers.read(DCTL.offset);
        if (get(INITU1ENA, control) === 1) status |= U1_ENABLED;
        if (get(INITU2ENA, control) === 1) status |= U2_ENABLED;
        break;
      }
      case RequestType.INTERFACE:
        return this.#delegate(setup);
      case RequestType.ENDPOINT: {
        const endpoint = this.#find(setup.index);
        if (endpoint === undefined) return EINVAL;
        if (endpoint.halted) status = 1 << Feature.ENDPOINT_HALT;
        break;
      }
      default:
        return EINVAL;
    }
    this.#buffer[0] = status & 0xff;
    this.#buffer[1] = status >> 8;
    return this.#ownRequest(2, ignore);
  }

  #feature(setup: SetupPacket, on: boolean): number {
    switch (setup.requestType & RequestType.RECIPIENT_MASK) {
      case RequestType.DEVICE:
        return this.#deviceFeature(setup, on);
      case RequestType.INTERFACE:
        return setup.value === Feature.FUNCTION_SUSPEND ? this.#delegate(setup) : EINVAL;
      case RequestType.ENDPOINT:
        return setup.value === Feature.ENDPOINT_HALT ? this.#endpointHalt(setup.index, on) : EINVAL;
      default:
        return EINVAL;
    }
  }

  #deviceFeature(setup: SetupPacket, on: boolean): number {
    const state = this.#state;
    const { disableU1, disableU2 } = state.properties;
    switch (setup.value) {
      case Feature.REMOTE_WAKEUP:
        if (!state.wakeupConfigured) return EINVAL;
        state.wakeupArmed = on;
        return 0;
      case Feature.U1_ENABLE:
        return this.#linkPower(INITU1ENA.mask, on, disableU1 === true);
      case Feature.U2_ENABLE:
        return this.#linkPower(INITU2ENA.mask, on, disableU2 === true);
      case Feature.TEST_MODE:
        return this.#test(setup.index, on);
      default:
        return EINVAL;
    }
  }

  /** dwc3_ep0_handle_u1 and u2: only at SuperSpeed, and once configured. */
  #linkPower(bit: number, on: boolean, disabled: boolean): number {
    const state = this.#state;
    if (state.deviceState !== 'configured' || !state.superSpeed || (on && disabled)) return EINVAL;
    state.update(DCTL.offset, bit | DCTL.fields.ULSTCHNGREQ.mask, on ? bit : 0);
    return 0;
  }

  #test(index: number, on: boolean): number {
    const selector = index >> 8;
    if ((index & 0xff) !== 0 || !on || selector < 1 || selector > LAST_TEST) return EINVAL;
    this.#state.testMode = selector;
    return 0;
  }

  /** dwc3_ep0_handle_endpoint: the host waits until the transfer of an endpoint that is cleared has ended. */
  #endpointHalt(index: number, halted: boolean): number {
    const endpoint = this.#find(index);
    if (endpoint === undefined) return EINVAL;
    if (!halted && endpoint.wedged) return 0;
    const act = halted ? setHalt : clearHalt;
    if (act(this.#state, endpoint, true) !== 0) return EINVAL;
    return !halted && (endpoint.flags & EndpointFlag.END_TRANSFER_PENDING) !== 0 ? DELAYED_STATUS : 0;
  }

  #setAddress(address: number): number {
    const state = this.#state;
    if (address > 127 || state.deviceState === 'configured') return EINVAL;
    state.update(DCFG.offset, DCFG.fields.DEVADDR.mask, put(DCFG.fields.DEVADDR, address));
    state.setDeviceState(address > 0 ? 'addressed' : 'default');
    return 0;
  }

  /** dwc3_ep0_set_config. */
  #setConfiguration(setup: SetupPacket): number {
    const state = this.#state;
    const { disableU1, disableU2 } = state.properties;
    if (state.deviceState === 'addressed') {
      startConfiguration(state, this.#endpoints, 2);
      const result = this.#delegate(setup);
      if (setup.value === 0 || (result !== 0 && result !== DELAYED_STATUS)) return result;
      if (result === 0) state.setDeviceState('configured');
      // The gadget driver has told the core itself.
      else state.noteDeviceState('configured');
      const accepted = (disableU1 === true ? 0 : ACCEPTU1ENA.mask) | (disableU2 === true ? 0 : ACCEPTU2ENA.mask);
      state.update(DCTL.offset, DCTL.fields.ULSTCHNGREQ.mask, accepted);
      return result;
    }
    if (state.deviceState !== 'configured') return EINVAL;
    const result = this.#delegate(setup);
    if (setup.value === 0 && result === 0) state.setDeviceState('addressed');
    return result;
  }

  #setSel(setup: SetupPacket): ControlOutcome {
    if (this.#state.deviceState === 'default' || setup.length !== SEL_BYTES) return EINVAL;
    // OUT takes whole packets only.
    return this.#ownRequest(this.#endpoints[0]!.maxPacket, this.#selReceived);
  }

  /** dwc3_ep0_set_sel_cmpl: u1sel and u1pel have a byte each, u2sel and u2pel two. */
  readonly #selReceived = (): void => {
    const control = this.#state.registers.read(DCTL.offset);
    let latency = 0;
    if (get(INITU2ENA, control) === 1) latency = this.#buffer[4]! | (this.#buffer[5]! << 8);
    if (get(INITU1ENA, control) === 1) latency = this.#buffer[1]!;
    sendGenericCommand(this.#state, GenericCommand.SET_PERIODIC_PARAMETERS, latency > LONGEST_LATENCY ? 0 : latency);
  };

  #ownRequest(length: number, complete: () => void): UsbRequest {
    this.#own.length = length;
    this.#own.complete = complete;
    this.#own.actual = 0;
    this.#own.status = -Errno.EINPROGRESS;
    return this.#own;
  }

  /** An enabled endpoint by its address on the bus (dwc3_wIndex_to_dep). */
  #find(address: number): Dwc3Endpoint | undefined {
    const number = ((address & USB_ENDPOINT_NUMBER_MASK) << 1) | ((address & 0x80) === USB_DIR_IN ? 1 : 0);
    const endpoint = this.#endpoints[number];
    return endpoint !== undefined && (endpoint.flags & EndpointFlag.ENABLED) !== 0 ? endpoint : undefined;
  }
}

function ignore(): void {}
