import { Errno, type ErrnoCode, errnoCode, KernelError } from '@gadgetloom/core';
import type {
  CompanionDescriptor,
  EndpointCapabilities,
  EndpointDescriptor,
  UsbEndpoint,
  UsbRequest,
} from '@gadgetloom/udc';
import { ConfigAction } from '../registers/endpoint-configuration.ts';
import { disableEndpoint, enableEndpoint } from './configure-endpoint.ts';
import type { DriverState } from './driver-state.ts';
import { RequestState } from './dwc3-request.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import type { Dwc3EndpointState } from './endpoint-state.ts';
import { clearHalt, setHalt } from './halt.ts';
import { startIsochronous } from './isochronous-start.ts';
import { kickTransfer, stopActiveTransfer } from './transfers.ts';

const {
  DELAY_START,
  DELAY_STOP,
  ENABLED,
  END_TRANSFER_PENDING,
  PENDING_REQUEST,
  STALL,
  TRANSFER_STARTED,
  WAIT_TRANSFER_COMPLETE,
  WEDGE,
} = EndpointFlag;

const EINPROGRESS = -Errno.EINPROGRESS;
const WAITS = END_TRANSFER_PENDING | WEDGE | DELAY_STOP | STALL;

/** An endpoint for data, as the UDC core calls it (dwc3_gadget_ep_ops). */
export class DataEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  readonly maxBurstLimit = 16;
  readonly maxStreams = 16;
  readonly state: Dwc3EndpointState;
  readonly #driver: DriverState;

  constructor(driver: DriverState, state: Dwc3EndpointState, maxPacketLimit: number) {
    this.#driver = driver;
    this.state = state;
    this.name = `ep${state.number >> 1}${state.in ? 'in' : 'out'}`;
    this.maxPacketLimit = maxPacketLimit;
    this.capabilities = {
      control: false,
      isochronous: true,
      bulk: true,
      interrupt: true,
      in: state.in,
      out: !state.in,
    };
    state.endpoint = this;
  }

  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    const { state } = this;
    if ((state.flags & ENABLED) !== 0) return;
    this.#expectWorking('enable');
    state.descriptor = descriptor;
    state.companion = companion;
    this.#check('enable', enableEndpoint(this.#driver, state, ConfigAction.INIT));
  }

  disable(): void {
    if ((this.state.flags & ENABLED) !== 0) disableEndpoint(this.#driver, this.state);
  }

  queue(request: UsbRequest): void {
    const driver = this.#driver;
    const endpoint = this.state;
    if (driver.error !== 'none') this.#expectWorking('queue');
    if (endpoint.descriptor === undefined || !driver.pullupsConnected || !driver.connected) {
      throw this.#error('ESHUTDOWN', 'queue', 'The endpoint is disabled, or no host is connected.');
    }
    if (request.status === EINPROGRESS || endpoint.add(request) === undefined)
      throw this.#error('EINVAL', 'queue', 'The request is queued already.');
    request.actual = 0;
    request.status = EINPROGRESS;
    const { flags } = endpoint;
    if ((flags & WAIT_TRANSFER_COMPLETE) !== 0) return;
    if ((flags & WAITS) !== 0) {
      endpoint.flags |= DELAY_START;
      return;
    }
    if (endpoint.isochronous && (flags & TRANSFER_STARTED) === 0) {
      // The host's coming tells the frame to start at: not before it has come.
      if ((flags & PENDING_REQUEST) !== 0) startIsochronous(driver, endpoint);
      return;
    }
    kickTransfer(driver, endpoint);
  }

  dequeue(request: UsbRequest): void {
    const endpoint = this.state;
    if (endpoint.cancelled.find(request) !== undefined) return;
    const waiting = endpoint.pending.find(request);
    if (waiting !== undefined) {
      endpoint.giveBack(endpoint.pending, waiting, -Errno.ECONNRESET);
      return;
    }
    if (endpoint.started.find(request) === undefined) {
      throw this.#error('EINVAL', 'dequeue', 'The request is not queued here, or is complete already.');
    }
    stopActiveTransfer(this.#driver, endpoint, true);
    // The transfer ends for all of them.
    endpoint.cancelStarted(RequestState.DEQUEUED);
    endpoint.flags &= ~WAIT_TRANSFER_COMPLETE;
  }

  setHalt(halted: boolean): void {
    this.#expectWorking('set halt');
    const act = halted ? setHalt : clearHalt;
    this.#check('set halt', act(this.#driver, this.state, false));
  }

  setWedge(): void {
    this.#expectWorking('set wedge');
    this.state.flags |= WEDGE;
    this.#check('set wedge', setHalt(this.#driver, this.state, false));
  }

  #expectWorking(operation: string): void {
    const { error } = this.#driver;
    if (error === 'none') return;
    const advice =
      error === 'recovery' ? 'Wait until it has recovered.' : 'It could not recover: start the board anew.';
    throw this.#error('ESHUTDOWN', operation, `The controller lost track of its events. ${advice}`);
  }

  #check(operation: string, result: number): void {
    if (result < 0) {
      const code = errnoCode(result);
      throw this.#error(code, operation, ADVICE[code] ?? 'The hardware did not take the command.');
    }
  }

  #error(code: ErrnoCode, operation: string, advice: string): KernelError {
    return new KernelError(code, `${operation} ${this.name}`, advice);
  }
}

const ADVICE: Partial<Record<ErrnoCode, string>> = {
  EAGAIN: 'Requests are queued: wait until they are complete.',
  EINVAL: 'An isochronous endpoint cannot halt, and each endpoint needs a transfer resource.',
};
