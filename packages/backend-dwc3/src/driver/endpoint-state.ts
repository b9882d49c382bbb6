import type { CompanionDescriptor, EndpointDescriptor, UsbEndpoint, UsbRequest } from '@gadgetloom/udc';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import type { DriverState } from './driver-state.ts';
import { Dwc3Request, RequestState } from './dwc3-request.ts';
import { RequestList } from './request-list.ts';
import type { TrbRing } from './trb-ring.ts';

/** bmAttributes of an endpoint's descriptor. */
export const TRANSFER_TYPE = { CONTROL: 0, ISOCHRONOUS: 1, BULK: 2, INTERRUPT: 3 } as const;

/** The driver's state of a physical endpoint (struct dwc3_ep). */
export class Dwc3EndpointState {
  /** Physical number, 0 to 31. */
  readonly number: number;
  /** Offset of its command registers. */
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
  /** The (micro)frame of an isochronous transfer. */
  frameNumber = 0;
  /** Events of END_TRANSFER to come that belong to transfers from before the endpoint was disabled. */
  staleEnds = 0;
  /** Requests without a TRB. */
  readonly pending = new RequestList();
  /** Requests with TRBs. */
  readonly started = new RequestList();
  /** Requests that are given back once the transfer has ended. */
  readonly cancelled = new RequestList();
  /** The endpoint that requests are queued on. */
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

  /** Adds a request to the pending ones. @returns undefined if it is queued already */
  add(request: UsbRequest): Dwc3Request | undefined {
    const taken = Dwc3Request.of(request);
    if (taken.state !== RequestState.COMPLETED) return undefined;
    taken.begin();
    this.pending.push(taken);
    return taken;
  }

  /** Called when a request gets its first TRB. */
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

  /** Marks every started request as cancelled. They are given back once the transfer has ended. */
  cancelStarted(reason: RequestState): void {
    while (this.started.first !== undefined) this.moveToCancelled(this.started.first, reason);
  }

  /** Removes a request from its list, and completes it (dwc3_gadget_giveback). */
  giveBack(list: RequestList, request: Dwc3Request, status: number): void {
    list.remove(request);
    unmap(this.#state, request);
    const { request: given } = request;
    given.status = status;
    request.state = RequestState.COMPLETED;
    given.complete(this.endpoint!, given);
  }
}

/** Unmaps what this driver has mapped itself (usb_gadget_unmap_request_by_dev). */
function unmap({ memory }: DriverState, request: Dwc3Request): void {
  if (request.address >= 0) memory.unmapSingle(request.address);
  for (const address of request.mapped) memory.unmapSingle(address);
  request.mapped = [];
}
