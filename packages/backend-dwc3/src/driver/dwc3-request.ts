import type { UsbRequest } from '@gadgetloom/udc';

/** Where a request is (core.h, DWC3_REQUEST_STATUS_*). */
export const RequestState = {
  QUEUED: 0,
  STARTED: 1,
  DISCONNECTED: 2,
  DEQUEUED: 3,
  STALLED: 4,
  COMPLETED: 5,
} as const;
/** State of a request. */
export type RequestState = (typeof RequestState)[keyof typeof RequestState];

/** The driver's state of a request (struct dwc3_request). It stays with the request and is used again. */
export class Dwc3Request {
  readonly request: UsbRequest;
  state: RequestState = RequestState.COMPLETED;
  /** TRBs that were written and not taken back. */
  trbs = 0;
  /** Index of its first TRB; -1 while it has none. */
  trb = -1;
  /** Entries of its table; 0 for linear memory. */
  entries = 0;
  /** Entries whose TRBs were not taken back (num_queued_sgs). */
  queuedEntries = 0;
  /** Entries without a TRB (num_pending_sgs). */
  pendingEntries = 0;
  /** The entry that gets the next TRB. */
  nextEntry = 0;
  /** Bytes of the entries without a TRB. */
  lengthLeft = 0;
  /** Bytes that the hardware did not move. */
  remaining = 0;
  needsExtraTrb = false;
  /** Address of linear memory while it is mapped; -1 otherwise. */
  address = -1;
  /** Addresses of the entries of a table that this driver has mapped itself. */
  mapped: readonly number[] = [];
  /** Control requests: the data stage goes to the host. */
  toHost = false;

  private constructor(request: UsbRequest) {
    this.request = request;
  }

  /** Returns what the driver keeps about `request`, if it has been queued before (to_dwc3_request). */
  static of({ controllerData }: UsbRequest): Dwc3Request | undefined {
    return controllerData instanceof Dwc3Request ? controllerData : undefined;
  }

  /** The request is queued. @returns what the driver keeps about it from now on */
  static begin(request: UsbRequest): Dwc3Request {
    const known = request.controllerData;
    const begun = known instanceof Dwc3Request ? known : new Dwc3Request(request);
    request.controllerData = begun;
    begun.state = RequestState.QUEUED;
    begun.trb = -1;
    begun.trbs = 0;
    begun.remaining = 0;
    begun.needsExtraTrb = false;
    begun.address = -1;
    return begun;
  }
}
