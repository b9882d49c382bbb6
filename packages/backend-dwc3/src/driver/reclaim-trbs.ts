import { Errno } from '@gadgetloom/core';
import { TransferStatus } from '../registers/event.ts';
import { TRB_LENGTH_MASK, TrbCtrl, TrbStatus, trbStatus } from '../registers/trb.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import type { Dwc3Request } from './dwc3-request.ts';

const { HWO, IOC, ISP_IMI, LST } = TrbCtrl;

/**
 * Takes back the TRBs that the hardware has completed, and gives back the requests that have no other TRBs
 * (dwc3_gadget_ep_cleanup_completed_requests).
 *
 * @param eventStatus see TransferStatus
 * @param status what the requests are given back with
 */
export function reclaimCompleted(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  eventStatus: number,
  status: number,
): void {
  const { started } = endpoint;
  for (let request = started.first; request !== undefined; request = started.first) {
    if (reclaimRequest(state, endpoint, request, eventStatus, status)) return;
    // Entries of it have no TRB yet, so that nothing behind it is started.
    if (endpoint.started.first === request) return;
    // A completion may have disabled the endpoint, which has given everything back.
    if (endpoint.descriptor === undefined) return;
  }
}

/** @returns true if this is all that the event was about: the TRBs behind still belong to the hardware */
function reclaimRequest(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  request: Dwc3Request,
  eventStatus: number,
  status: number,
): boolean {
  let over = false;
  if (request.entries === 0) over = reclaimTrb(state, endpoint, request, eventStatus, status, false);
  while (request.queuedEntries > 0 && !over) {
    request.queuedEntries--;
    over = reclaimTrb(state, endpoint, request, eventStatus, status, true);
  }
  request.request.actual = request.request.length - request.remaining;
  if (request.pendingEntries > 0 || request.queuedEntries > 0) return over;
  if (request.needsExtraTrb) {
    over = reclaimTrb(state, endpoint, request, eventStatus, status, false);
    request.needsExtraTrb = false;
  }
  let outcome = status;
  if (request.request.noInterrupt) {
    const last = endpoint.ring.previous(endpoint.ring.dequeue);
    // The event is about another request. This one's own TRB says how it ended.
    outcome = trbStatus(endpoint.ring.size(last)) === TrbStatus.MISSED_ISOC ? -Errno.EXDEV : 0;
  }
  endpoint.started.shift();
  endpoint.finish(request, outcome);
  return over;
}

/** dwc3_gadget_ep_reclaim_completed_trb. @returns as {@link reclaimRequest} */
function reclaimTrb(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  request: Dwc3Request,
  eventStatus: number,
  status: number,
  chain: boolean,
): boolean {
  const { ring } = endpoint;
  const index = ring.dequeue;
  ring.advanceDequeue();
  request.trbs--;
  const control = ring.control(index);
  let owned = (control & HWO) !== 0;
  // After a short packet the hardware skips the rest of a chain and does not write it back.
  if (chain && owned) {
    ring.release(index);
    owned = false;
  }
  if (ring.buffer(index) === state.bounce.dmaAddress) {
    ring.release(index);
    return true;
  }
  const size = ring.size(index);
  request.remaining += size & TRB_LENGTH_MASK;
  if (owned && status !== -Errno.ESHUTDOWN) return true;
  if ((eventStatus & TransferStatus.SHORT) !== 0 && !chain) return true;
  if ((control & ISP_IMI) !== 0 && trbStatus(size) === TrbStatus.MISSED_ISOC) return true;
  return (control & (IOC | LST)) !== 0;
}
