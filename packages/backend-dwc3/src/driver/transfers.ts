import { Errno } from '@gadgetloom/core';
import { EndpointCommand, FORCE_RM } from '../registers/command.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { RequestState } from './dwc3-request.ts';
import { CMDIOC, COMMAND_PARAMETER, sendEndpointCommand } from './endpoint-command.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { prepareTrbs } from './prepare-trbs.ts';

const { DELAY_STOP, END_TRANSFER_PENDING, PENDING_REQUEST, TRANSFER_STARTED } = EndpointFlag;
const { END_TRANSFER, START_TRANSFER, UPDATE_TRANSFER } = EndpointCommand;

const EAGAIN = -Errno.EAGAIN;

/** Status that a cancelled request is given back with. */
const STATUS_OF: Readonly<Record<RequestState, number>> = {
  [RequestState.QUEUED]: -Errno.ECONNRESET,
  [RequestState.STARTED]: -Errno.ECONNRESET,
  [RequestState.DISCONNECTED]: -Errno.ESHUTDOWN,
  [RequestState.DEQUEUED]: -Errno.ECONNRESET,
  [RequestState.STALLED]: -Errno.EPIPE,
  [RequestState.COMPLETED]: -Errno.ECONNRESET,
};

/** Gives the hardware what is queued: starts a transfer, or adds TRBs to it (__dwc3_gadget_kick_transfer). */
export function kickTransfer(state: DriverState, endpoint: Dwc3Endpoint): number {
  const prepared = prepareTrbs(state, endpoint);
  const starting = (endpoint.flags & TRANSFER_STARTED) === 0;
  if (!prepared && !starting) return 0;
  const request = endpoint.started.first;
  if (request === undefined) {
    endpoint.flags |= PENDING_REQUEST;
    return 0;
  }
  if (!starting) {
    const word = UPDATE_TRANSFER | (endpoint.resourceIndex << COMMAND_PARAMETER);
    return sendEndpointCommand(state, endpoint, word);
  }
  const address = endpoint.ring.address(request.trb);
  let word: number = START_TRANSFER;
  if (endpoint.streamCapable) word |= request.request.streamId << COMMAND_PARAMETER;
  if (endpoint.isochronous) word |= endpoint.frameNumber << COMMAND_PARAMETER;
  const result = sendEndpointCommand(state, endpoint, word, Math.floor(address / 2 ** 32), address >>> 0);
  if (result >= 0 || result === EAGAIN) return result;
  stopActiveTransfer(state, endpoint, true);
  endpoint.cancelStarted(RequestState.DEQUEUED);
  if ((endpoint.flags & END_TRANSFER_PENDING) === 0) cleanUpCancelled(endpoint);
  return result;
}

/**
 * Ends the transfer of an endpoint (dwc3_stop_active_transfer).
 *
 * @param interrupt an event tells when it has ended; without, it has when this returns
 */
export function stopActiveTransfer(state: DriverState, endpoint: Dwc3Endpoint, interrupt: boolean): void {
  const { flags } = endpoint;
  if (endpoint.number <= 1 && state.phase !== 'data') return;
  if (interrupt && (flags & DELAY_STOP) !== 0) return;
  if ((flags & TRANSFER_STARTED) === 0 || (flags & END_TRANSFER_PENDING) !== 0) return;
  // While a SETUP packet waits to be taken, the hardware would not get the command done.
  if (state.phase !== 'setup' && !state.delayedStatus) {
    endpoint.flags |= DELAY_STOP;
    return;
  }
  endTransfer(state, endpoint, interrupt);
}

/** __dwc3_stop_active_transfer. @param force leave the TRBs as they are */
export function endTransfer(state: DriverState, endpoint: Dwc3Endpoint, interrupt: boolean, force = false): number {
  const word =
    END_TRANSFER | (force ? FORCE_RM : 0) | (interrupt ? CMDIOC : 0) | (endpoint.resourceIndex << COMMAND_PARAMETER);
  const result = sendEndpointCommand(state, endpoint, word);
  if (result === -Errno.ETIMEDOUT && state.phase !== 'setup') {
    endpoint.flags |= DELAY_STOP;
    return 0;
  }
  if (result !== 0 && state.trace !== undefined) state.event('end transfer failed', { endpoint: endpoint.number });
  endpoint.resourceIndex = 0;
  if (!interrupt) endpoint.flags &= ~TRANSFER_STARTED;
  else if (result === 0) endpoint.flags |= END_TRANSFER_PENDING;
  endpoint.flags &= ~DELAY_STOP;
  return result;
}

/** Gives back every request that was cancelled, its TRBs passed over (dwc3_gadget_ep_cleanup_cancelled_requests). */
export function cleanUpCancelled(endpoint: Dwc3Endpoint): void {
  const { ring, cancelled } = endpoint;
  for (let request = cancelled.shift(); request !== undefined; request = cancelled.shift()) {
    if (request.trb >= 0) {
      for (; request.trbs > 0; request.trbs--) {
        ring.release(ring.dequeue);
        ring.advanceDequeue();
      }
    }
    endpoint.finish(request, STATUS_OF[request.state]);
    // The endpoint was disabled meanwhile: what is left is given back there.
    if (endpoint.descriptor === undefined) return;
  }
}

/** Gives everything back at once (dwc3_remove_requests). */
export function removeRequests(state: DriverState, endpoint: Dwc3Endpoint, status: number): void {
  stopActiveTransfer(state, endpoint, false);
  if ((endpoint.flags & DELAY_STOP) !== 0) return;
  for (const list of [endpoint.started, endpoint.pending, endpoint.cancelled]) {
    for (let request = list.shift(); request !== undefined; request = list.shift()) endpoint.finish(request, status);
  }
}
