import { DriverEndpoint, RequestQueue } from '@gadgetloom/simulated-board';
import type { EndpointLimits, UsbRequest } from '@gadgetloom/udc';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import type { DriverState } from './driver-state.ts';
import { Dwc3Request, RequestState } from './dwc3-request.ts';
import type { TrbRing } from './trb-ring.ts';

/** bmAttributes of an endpoint's descriptor. */
export const TRANSFER_TYPE = { CONTROL: 0, ISOCHRONOUS: 1, BULK: 2, INTERRUPT: 3 } as const;

/** A physical endpoint (struct dwc3_ep). */
export abstract class Dwc3Endpoint extends DriverEndpoint {
  /** Physical number, 0 to 31. */
  readonly number: number;
  /** Offset of its command registers. */
  readonly registerOffset: number;
  readonly in: boolean;
  readonly ring: TrbRing;
  /** See EndpointFlag. */
  flags = 0;
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
  readonly pending: RequestQueue<Dwc3Request> = new RequestQueue();
  /** Requests with TRBs. */
  readonly started: RequestQueue<Dwc3Request> = new RequestQueue();
  /** Requests that are given back once the transfer has ended. */
  readonly cancelled: RequestQueue<Dwc3Request> = new RequestQueue();
  protected readonly driver: DriverState;

  constructor(driver: DriverState, number: number, ring: TrbRing, limits: EndpointLimits) {
    super(limits);
    this.driver = driver;
    this.number = number;
    this.registerOffset = DEVICE_REGISTERS.DEPCMDPAR2.offset + number * DEVICE_REGISTERS.DEPCMDPAR2.stride;
    this.in = (number & 1) === 1;
    this.ring = ring;
  }

  get isochronous(): boolean {
    return this.type === TRANSFER_TYPE.ISOCHRONOUS;
  }

  /** TRBs that are free (dwc3_calc_trbs_left). */
  get trbsLeft(): number {
    return this.ring.left((this.started.first?.trbs ?? 0) > 0);
  }

  /** Starts the first pending request: it gets its first TRB. */
  startNext(): void {
    const request = this.pending.shift();
    if (request === undefined) return;
    request.state = RequestState.STARTED;
    this.started.push(request);
  }

  /** Marks every started request as cancelled. They are given back once the transfer has ended. */
  cancelStarted(reason: RequestState): void {
    for (let request = this.started.shift(); request !== undefined; request = this.started.shift()) {
      request.state = reason;
      this.cancelled.push(request);
    }
  }

  /** Unmaps a request that is in no list any more, and completes it (dwc3_gadget_giveback). */
  finish(request: Dwc3Request, status: number): void {
    const { memory } = this.driver;
    if (request.address >= 0) memory.unmapSingle(request.address);
    for (const address of request.mapped) memory.unmapSingle(address);
    request.mapped = [];
    request.state = RequestState.COMPLETED;
    this.giveBack(request.request, status);
  }

  protected override admit(request: UsbRequest): void {
    const { error, pullupsConnected, connected } = this.driver;
    if (error !== 'none') this.expectWorking('queue');
    if (!pullupsConnected || !connected) throw this.error('ESHUTDOWN', 'queue', 'No host is connected.');
    // The submitter may have overwritten the status.
    if (request.controllerData instanceof Dwc3Request && request.controllerData.state !== RequestState.COMPLETED)
      throw this.error('EINVAL', 'queue', 'The request is queued already.');
  }

  protected expectWorking(operation: string): void {
    const { error } = this.driver;
    if (error === 'none') return;
    const advice =
      error === 'recovery' ? 'Wait until it has recovered.' : 'It could not recover: start the board anew.';
    throw this.error('ESHUTDOWN', operation, `The controller lost track of its events. ${advice}`);
  }
}
