import { Errno } from '@gadgetloom/core';
import type { CoherentMemory } from '@gadgetloom/dmabuf/model';
import { DELAYED_STATUS, decodeSetup, USB_DIR_IN, type UsbRequest } from '@gadgetloom/udc';
import { EndpointCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { completedCommand, EndpointEvent, type EndpointEventFields, NotReadyStatus } from '../registers/event.ts';
import { put } from '../registers/field.ts';
import { TRB_LENGTH_MASK, TRB_TYPE_SHIFT, TrbCtrl, TrbStatus, TrbType, trbStatus } from '../registers/trb.ts';
import type { ControlRequests } from './control-requests.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { Dwc3Request } from './dwc3-request.ts';
import { CMDIOC, COMMAND_PARAMETER, sendEndpointCommand } from './endpoint-command.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { setHalt } from './halt.ts';
import { removeRequests, stopActiveTransfer } from './transfers.ts';

const { DCTL } = DEVICE_REGISTERS;
const SETUP_BYTES = 8;

/**
 * The control transfers of endpoint 0: SETUP, data and status stage, with one TRB, or two for alignment, that both
 * physical endpoints share (ep0.c).
 */
export class ControlTransfers {
  readonly #state: DriverState;
  readonly #out: Dwc3Endpoint;
  readonly #in: Dwc3Endpoint;
  readonly #trbs: CoherentMemory;
  readonly #requests: ControlRequests;
  readonly #dataEndpoints: readonly Dwc3Endpoint[];
  /** A data stage comes before the status stage. */
  #threeStages = false;
  #expectIn = false;
  #next: 'complete' | 'not ready data' | 'not ready status' = 'complete';
  /** The host has sent another SETUP packet already. */
  #setupPending = false;
  /** The data stage has a second TRB. */
  #bounced = false;

  /**
   * @param endpoints all physical endpoints
   * @param trbs memory of the ring that both directions of endpoint 0 share
   */
  constructor(state: DriverState, endpoints: readonly Dwc3Endpoint[], trbs: CoherentMemory, requests: ControlRequests) {
    this.#state = state;
    this.#out = endpoints[0]!;
    this.#in = endpoints[1]!;
    this.#dataEndpoints = endpoints.slice(2);
    this.#trbs = trbs;
    this.#requests = requests;
  }

  /** The host has sent another SETUP packet before the one that is answered. */
  get setupPending(): boolean {
    return this.#setupPending;
  }

  /** The connection is gone, and with it what the host sent. */
  forgetSetup(): void {
    this.#setupPending = false;
  }

  /** Forgets what was, as the gadget starts. */
  begin(): void {
    this.#state.phase = 'setup';
    this.#state.delayedStatus = false;
    this.#bounced = false;
    this.startSetup();
  }

  /** Handles an event of endpoint 0 (dwc3_ep0_interrupt). */
  handle(event: EndpointEventFields): void {
    const endpoint = event.endpoint === this.#in.number ? this.#in : this.#out;
    switch (event.type) {
      case EndpointEvent.XFER_COMPLETE:
        this.#completed(endpoint);
        break;
      case EndpointEvent.XFER_NOT_READY:
        this.#notReady(endpoint, event.status);
        break;
      case EndpointEvent.COMMAND_COMPLETE:
        if (completedCommand(event) === EndpointCommand.END_TRANSFER) {
          endpoint.flags &= ~(EndpointFlag.END_TRANSFER_PENDING | EndpointFlag.TRANSFER_STARTED);
        }
        break;
    }
  }

  /** __dwc3_gadget_ep0_queue. */
  queue(request: UsbRequest): void {
    const taken = Dwc3Request.begin(request);
    this.#out.pending.push(taken);
    const state = this.#state;
    if (state.delayedStatus) {
      state.delayedStatus = false;
      state.setDeviceState('configured');
      if (state.phase === 'status') this.#startStatus(this.#expectIn ? this.#out : this.#in);
      return;
    }
    if (!this.#threeStages) return;
    state.phase = 'data';
    this.#startData(this.#expectIn ? this.#in : this.#out, taken);
  }

  /** Refuses the transfer that is under way and waits for the next (dwc3_ep0_stall_and_restart). */
  stallAndRestart(): void {
    const state = this.#state;
    this.#in.flags = (this.#in.flags & EndpointFlag.RESOURCE_ALLOCATED) | EndpointFlag.ENABLED;
    setHalt(state, this.#out, true);
    const kept = EndpointFlag.RESOURCE_ALLOCATED | EndpointFlag.TRANSFER_STARTED;
    this.#out.flags = (this.#out.flags & kept) | EndpointFlag.ENABLED;
    state.delayedStatus = false;
    this.#out.forgetHalt();
    this.#in.forgetHalt();
    this.#finish(state.connected ? -Errno.ECONNRESET : -Errno.ESHUTDOWN);
    this.#out.ring.enqueue = 0;
    this.#in.ring.enqueue = 0;
    state.phase = 'setup';
    this.startSetup();
  }

  /** Back to waiting for a SETUP packet, whatever is under way (dwc3_ep0_reset_state). */
  resetPhase(): void {
    if (this.#state.phase === 'setup') return;
    const data = this.#state.phase === 'data';
    this.#endData(data === this.#expectIn ? this.#in : this.#out);
    if (this.#state.quirks.controlOutLosesSetup !== true) this.#out.flags &= ~EndpointFlag.TRANSFER_STARTED;
    this.#out.ring.enqueue = 0;
    this.#in.ring.enqueue = 0;
    this.stallAndRestart();
  }

  /** The bus was reset: whatever is under way is over, also what a function has not answered yet. */
  busReset(): void {
    const waits = this.#state.phase === 'setup' && (this.#out.flags & EndpointFlag.TRANSFER_STARTED) === 0;
    if (waits && this.#state.quirks.resetLosesSetup !== true) this.stallAndRestart();
    else this.resetPhase();
  }

  /** The gadget driver has nothing more to do for the status stage (dwc3_ep0_send_delayed_status). */
  sendDelayedStatus(): void {
    this.#state.delayedStatus = false;
    this.#state.clearStallProtocol = 0;
    if (this.#state.phase === 'status') this.#startStatus(this.#expectIn ? this.#out : this.#in);
  }

  /** Waits for a SETUP packet; transfers that were to end meanwhile end now (dwc3_ep0_out_start). */
  startSetup(): void {
    const state = this.#state;
    state.onSetupPhase?.();
    this.#prepare(this.#out, this.#trbs.dmaAddress, SETUP_BYTES, TrbType.CONTROL_SETUP, false);
    this.#start(this.#out);
    for (const endpoint of this.#dataEndpoints) {
      if ((endpoint.flags & EndpointFlag.DELAY_STOP) === 0) continue;
      endpoint.flags &= ~EndpointFlag.DELAY_STOP;
      if (state.connected) stopActiveTransfer(state, endpoint, true);
      else removeRequests(state, endpoint, -Errno.ESHUTDOWN);
    }
  }

  #completed(endpoint: Dwc3Endpoint): void {
    endpoint.flags &= ~EndpointFlag.TRANSFER_STARTED;
    endpoint.resourceIndex = 0;
    this.#setupPending = false;
    switch (this.#state.phase) {
      case 'setup':
        this.#inspectSetup();
        break;
      case 'data':
        this.#dataCompleted(endpoint);
        break;
      case 'status':
        this.#statusCompleted();
        break;
    }
  }

  #inspectSetup(): void {
    const state = this.#state;
    if (state.driver === undefined || !state.softConnect || !state.connected) {
      this.stallAndRestart();
      return;
    }
    const setup = decodeSetup(this.#trbs.memory);
    this.#threeStages = setup.length > 0;
    this.#expectIn = this.#threeStages && (setup.requestType & USB_DIR_IN) !== 0;
    this.#next = this.#threeStages ? 'not ready data' : 'not ready status';
    const outcome = this.#requests.answer(setup);
    if (typeof outcome !== 'number') this.queue(outcome);
    else if (outcome === DELAYED_STATUS) state.delayedStatus = true;
    else if (outcome < 0) this.stallAndRestart();
  }

  #dataCompleted(endpoint: Dwc3Endpoint): void {
    this.#next = 'not ready status';
    const { ring } = this.#out;
    const request = this.#out.pending.first;
    if (request === undefined) return;
    const size = ring.size(0);
    if (trbStatus(size) === TrbStatus.SETUP_PENDING) {
      this.#setupPending = true;
      this.#finish(-Errno.ECONNRESET);
      return;
    }
    const given = request.request;
    given.actual += given.length - (size & TRB_LENGTH_MASK);
    const aligned = given.length > 0 && given.length % this.#out.maxPacket === 0;
    if ((aligned && given.zero) || this.#bounced) {
      ring.release(1);
      (request.toHost ? this.#in : this.#out).ring.enqueue = 0;
      this.#bounced = false;
    }
    // The host has read less than there was: it does not want to go on.
    if (endpoint.in && given.actual < given.length) this.stallAndRestart();
    else this.#finish(0);
  }

  #statusCompleted(): void {
    const state = this.#state;
    this.#finish(0);
    if (state.testMode !== 0) {
      const selector = put(DCTL.fields.TSTCTRL, state.testMode);
      state.update(DCTL.offset, DCTL.fields.TSTCTRL.mask | DCTL.fields.ULSTCHNGREQ.mask, selector);
    }
    if (trbStatus(this.#out.ring.size(0)) === TrbStatus.SETUP_PENDING) this.#setupPending = true;
    state.phase = 'setup';
    this.startSetup();
  }

  #finish(status: number): void {
    const request = this.#out.pending.shift();
    if (request !== undefined) this.#out.finish(request, status);
  }

  #notReady(endpoint: Dwc3Endpoint, status: number): void {
    const state = this.#state;
    if (status === NotReadyStatus.CONTROL_DATA) {
      if (!state.softConnect || !state.connected || this.#expectIn === endpoint.in) return;
      // The host wants to move data the other way than it said.
      this.#endData(this.#expectIn ? this.#in : this.#out);
      this.stallAndRestart();
      return;
    }
    if (status !== NotReadyStatus.CONTROL_STATUS || this.#next !== 'not ready status') return;
    if (this.#setupPending) {
      this.stallAndRestart();
      return;
    }
    state.phase = 'status';
    if (state.delayedStatus) {
      if (this.#out.pending.size === 0) return;
      state.delayedStatus = false;
      state.setDeviceState('configured');
    }
    this.#startStatus(endpoint);
  }

  /** __dwc3_ep0_do_control_data: what does not fill whole packets gets a second TRB. */
  #startData(endpoint: Dwc3Endpoint, request: Dwc3Request): void {
    const { length, zero } = request.request;
    const { maxPacket } = this.#out;
    const type = TrbType.CONTROL_DATA;
    const bounce = this.#state.bounce.dmaAddress;
    const rest = length % maxPacket;
    request.toHost = endpoint.in;
    if (length === 0) {
      this.#prepare(endpoint, bounce, endpoint.in ? 0 : maxPacket, type, false);
    } else if (rest !== 0 && !endpoint.in) {
      this.#bounced = true;
      this.#prepare(endpoint, this.#map(endpoint, request), length, type, true);
      this.#prepare(endpoint, bounce, maxPacket - rest, type, false);
    } else if (rest === 0 && zero) {
      this.#prepare(endpoint, this.#map(endpoint, request), length, type, true);
      this.#prepare(endpoint, bounce, endpoint.in ? 0 : maxPacket, type, false);
    } else this.#prepare(endpoint, this.#map(endpoint, request), length, type, false);
    this.#start(endpoint);
  }

  #map(endpoint: Dwc3Endpoint, request: Dwc3Request): number {
    const { buffer, length } = request.request;
    if (buffer === undefined) return 0;
    request.address = this.#state.memory.mapSingle(buffer, 0, length, endpoint.in ? 'to-device' : 'from-device');
    return request.address;
  }

  #startStatus(endpoint: Dwc3Endpoint): void {
    const type = this.#threeStages ? TrbType.CONTROL_STATUS3 : TrbType.CONTROL_STATUS2;
    this.#prepare(endpoint, this.#trbs.dmaAddress, 0, type, false);
    this.#start(endpoint);
  }

  #prepare(endpoint: Dwc3Endpoint, address: number, length: number, type: TrbType, chain: boolean): void {
    const ends = chain ? TrbCtrl.CHN : TrbCtrl.IOC | TrbCtrl.LST;
    const control = (type << TRB_TYPE_SHIFT) | TrbCtrl.HWO | TrbCtrl.ISP_IMI | ends;
    endpoint.ring.put(endpoint.ring.enqueue, address, length, control);
    if (chain) endpoint.ring.enqueue++;
  }

  #start(endpoint: Dwc3Endpoint): void {
    if ((endpoint.flags & EndpointFlag.TRANSFER_STARTED) !== 0) return;
    const address = this.#trbs.dmaAddress;
    const high = Math.floor(address / 2 ** 32);
    const result = sendEndpointCommand(this.#state, endpoint, EndpointCommand.START_TRANSFER, high, address >>> 0);
    if (result >= 0) this.#next = 'complete';
    else this.#state.event('start transfer failed', { endpoint: endpoint.number, result });
  }

  /** dwc3_ep0_end_control_data. */
  #endData(endpoint: Dwc3Endpoint): void {
    if (endpoint.resourceIndex === 0 && endpoint.number !== 0) return;
    const word = EndpointCommand.END_TRANSFER | CMDIOC | (endpoint.resourceIndex << COMMAND_PARAMETER);
    sendEndpointCommand(this.#state, endpoint, word);
    endpoint.resourceIndex = 0;
  }
}
