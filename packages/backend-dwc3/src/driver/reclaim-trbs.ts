import { Errno } from '@gadgetloom/core';
import { TransferStatus } from '../registers/event.ts';
import { TRB_LENGTH_MASK, TrbCtrl, TrbStatus } from '../registers/trb.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Request } from './dwc3-request.ts';
import type { Dwc3EndpointState } from './endpoint-state.ts';

// The compiler of JavaScript looks up at each use what other modules export.
const { HWO, IOC, ISP_IMI, LST } = TrbCtrl;

const STATUS_SHIFT = 28;

/**
 * Takes back the TRBs that the hardware is done with, and gives back the requests whose last it was
 * (dwc3_gadget_ep_cleanup_completed_requests).
 *
 * @param eventStatus see TransferStatus
 * @param status for the requests
 */
export function reclaimCompleted(
  state: DriverState,
  endpoint: Dwc3EndpointState,
  eventStatus: number,
  status: number,
): void {
  const { started } = endpoint;
  for (let request = started.first; request !== undefined; request = started.first) {
    if (reclaimRequest(state, endpoint, request, eventStatus, status)) return;
    // Entries of it have no TRB yet: what comes behind it has not been started.
    if (endpoint.started.first === request) return;
    // A completion may have disabled the endpoint, which has given everything back.
    if (endpoint.descriptor === undefined) return;
  }
}

/** @returns whether the event is over with it: TRBs behind it are still the hardware's */
function reclaimRequest(
  state: DriverState,
  endpoint: Dwc3EndpointState,
  request: Dwc3Request,
  eventStatus: number,
  status: number,
): boolean {
  let over = false;
  if (request.entries > 0) {
    const moved = endpoint.ring.takeMoved(request.queuedEntries);
    request.queuedEntries -= moved;
    request.trbs -= moved;
    for (let left = request.queuedEntries; left > 0; left--) {
      request.queuedEntries--;
      over = reclaimTrb(state, endpoint, request, eventStatus, status, true);
      if (over) break;
    }
  } else over = reclaimTrb(state, endpoint, request, eventStatus, status, false);
  request.request.actual = request.request.length - request.remaining;
  if (request.pendingEntries > 0 || request.queuedEntries > 0) return over;
  if (request.needsExtraTrb) {
    over = reclaimTrb(state, endpoint, request, eventStatus, status, false);
    request.needsExtraTrb = false;
  }
  let outcome = status;
  if (request.request.noInterrupt) {
    const last = endpoint.ring.previous(endpoint.ring.dequeue);
    // The event speaks of another request; the TRB of this one knows.
    outcome = endpoint.ring.size(last) >>> STATUS_SHIFT === TrbStatus.MISSED_ISOC ? -Errno.EXDEV : 0;
  }
  endpoint.giveBack(endpoint.started, request, outcome);
  return over;
}

/** dwc3_gadget_ep_reclaim_completed_trb. */
function reclaimTrb(
  state: DriverState,
  endpoint: Dwc3EndpointState,
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
  // A short packet makes the hardware pass over the rest of a chain, and leave it as it is.
  if (chain && owned) {
    ring.release(index);
    owned = false;
  }
  if (ring.isAt(index, state.bounce.dmaAddress)) {
    ring.release(index);
    return true;
  }
  const size = ring.size(index);
  request.remaining += size & TRB_LENGTH_MASK;
  if (owned && status !== -Errno.ESHUTDOWN) return true;
  if ((eventStatus & TransferStatus.SHORT) !== 0 && !chain) return true;
  if ((control & ISP_IMI) !== 0 && size >>> STATUS_SHIFT === TrbStatus.MISSED_ISOC) return true;
  return (control & (IOC | LST)) !== 0;
}
