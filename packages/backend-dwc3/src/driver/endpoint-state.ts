import type { CompanionDescriptor, EndpointDescriptor, UsbEndpoint, UsbRequest } from '@gadgetloom/udc';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import type { DriverState } from './driver-state.ts';
import { Dwc3Request, RequestState } from './dwc3-request.ts';
import { RequestList } from './request-list.ts';
import type { TrbRing } from './trb-ring.ts';

/** bmAttributes of an endpoint's descriptor. */
export const TRANSFER_TYPE = { CONTROL: 0, ISOCHRONOUS: 1, BULK: 2, INTERRUPT: 3 } as const;

/** A physical endpoint with what the driver keeps about it (struct dwc3_ep). */
export class Dwc3EndpointState {
  /** Physical number, 0 to 31. */
  readonly number: number;
  /** Of its command registers. */
  readonly registerOffset: number;
  readonly in: boolean;
  readonly ring: TrbRing;
  /** See EndpointFlag. */
  flags = 0;
  /** While it is enabled; endpoint 0 always has one. */
  descriptor: EndpointDescriptor | undefined = undefined;
  companion: CompanionDescriptor | undefined = undefined;
  /** Bytes of a packet. */
  maxPacket = 0;
  type: number = TRANSFER_TYPE.CONTROL;
  streamCapable = false;
  resourceIndex = 0;
  /** (Micro)frames of a service interval. */
  interval = 1;
  /** Where an isochronous transfer is, in (micro)frames. */
  frameNumber = 0;
  /** Events of END_TRANSFER that are on their way and belong to a transfer from before the endpoint was disabled. */
  staleEnds = 0;
  /** Not started yet. */
  readonly pending = new RequestList();
  /** With TRBs. */
  readonly started = new RequestList();
  /** To be given back once the transfer has ended. */
  readonly cancelled = new RequestList();
  /** The endpoint as those who queue requests know it. */
  endpoint: UsbEndpoint | undefined = undefined;
  readonly #state: DriverState;

  constructor(number: number, ring: TrbRing, state: DriverState) {
    this.number = number;
    this.registerOffset = DEVICE_REGISTERS.DEPCMDPAR2.offset + number * DEVICE_REGISTERS.DEPCMDPAR2.stride;
    this.in = (number & 1) === 1;
    this.ring = ring;
    this.#state = state;
  }

  get isochronous(): boolean {
    return this.type === TRANSFER_TYPE.ISOCHRONOUS;
  }

  /** TRBs that are free (dwc3_calc_trbs_left). */
  get trbsLeft(): number {
    return this.ring.left((this.started.first?.trbs ?? 0) > 0);
  }

  /** Takes a request up, behind those that wait. @returns undefined if it has not been given back since it was taken up last */
  add(request: UsbRequest): Dwc3Request | undefined {
    const taken = Dwc3Request.of(request);
    if (taken.state !== RequestState.COMPLETED) return undefined;
    taken.begin();
    this.pending.push(taken);
    return taken;
  }

  /** The request gets its first TRB. */
  moveToStarted(request: Dwc3Request): void {
    this.pending.remove(request);
    request.state = RequestState.STARTED;
    this.started.push(request);
  }

  moveToCancelled(request: Dwc3Request, reason: RequestState): void {
    this.started.remove(request);
    request.state = reason;
    this.cancelled.push(request);
  }

  /** Every started request is to be given back once the transfer has ended. */
  cancelStarted(reason: RequestState): void {
    while (this.started.first !== undefined) this.moveToCancelled(this.started.first, reason);
  }

  /** Gives a request back, with this status unless it has one (dwc3_gadget_giveback). */
  giveBack(list: RequestList, request: Dwc3Request, status: number): void {
    list.remove(request);
    unmap(this.#state, request);
    const { request: given } = request;
    given.status = status;
    request.state = RequestState.COMPLETED;
    given.complete(this.endpoint!, given);
  }
}

/** usb_gadget_unmap_request_by_dev: what this driver has mapped itself. */
function unmap({ memory }: DriverState, request: Dwc3Request): void {
  if (request.address >= 0) memory.unmapSingle(request.address);
  for (const address of request.mapped) memory.unmapSingle(address);
  request.mapped = [];
}
