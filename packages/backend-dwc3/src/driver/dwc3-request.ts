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

/** Of a request whose table was mapped by others, or that has none. */
export const NO_ADDRESSES: readonly number[] = [];

/** A request with what the driver keeps about it (struct dwc3_request). Used again for other requests. */
export class Dwc3Request {
  request: UsbRequest;
  state: RequestState = RequestState.QUEUED;
  /** Index of its first TRB; -1 while it has none. */
  trb = -1;
  /** TRBs that it has and that were not taken back. */
  trbs = 0;
  /** Entries of its table in all; 0 for linear memory. */
  entries = 0;
  /** The entry that gets the next TRB. */
  nextEntry = 0;
  /** Entries without a TRB (num_pending_sgs). */
  pendingEntries = 0;
  /** Entries whose TRBs were not taken back (num_queued_sgs). */
  queuedEntries = 0;
  /** Bytes of entries without a TRB. */
  lengthLeft = 0;
  /** Bytes that the hardware did not move. */
  remaining = 0;
  needsExtraTrb = false;
  /** Address of linear memory while it is mapped; -1 otherwise. */
  address = -1;
  /** Addresses of the entries of a table that this driver has mapped itself. */
  mapped: readonly number[] = NO_ADDRESSES;
  /** Of a control request: its data goes to the host. */
  toHost = false;
  before: Dwc3Request | undefined = undefined;
  after: Dwc3Request | undefined = undefined;

  constructor(request: UsbRequest) {
    this.request = request;
  }

  /** Takes a request up. */
  take(request: UsbRequest): void {
    this.request = request;
    this.state = RequestState.QUEUED;
    this.trb = -1;
    this.trbs = 0;
    this.remaining = 0;
    this.needsExtraTrb = false;
    this.address = -1;
  }
}
