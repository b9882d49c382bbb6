import { Errno } from '@gadgetloom/core';
import { EndpointCommand, FORCE_RM } from '../registers/command.ts';
import { TrbCtrl } from '../registers/trb.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { RequestState } from './dwc3-request.ts';
import { sendEndpointCommand } from './endpoint-command.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { cleanUpCancelled, kickTransfer, stopActiveTransfer } from './transfers.ts';

/** The release from which on CLEAR_STALL also clears a pending IN at SuperSpeed. */
const REVISION_260A = 0x260a;

/**
 * Halts an endpoint (__dwc3_gadget_ep_set_halt).
 *
 * @param protocol the host asks for it, or the protocol: not refused because of requests
 * @returns 0, -EINVAL isochronous, -EAGAIN requests are with the hardware
 */
export function setHalt(state: DriverState, endpoint: Dwc3Endpoint, protocol: boolean): number {
  if (endpoint.isochronous) return -Errno.EINVAL;
  const { ring } = endpoint;
  const last = endpoint.number > 1 ? ring.previous(ring.enqueue) : ring.enqueue;
  const inFlight = (ring.control(last) & TrbCtrl.HWO) !== 0;
  if (!protocol && (endpoint.in ? inFlight : endpoint.started.size > 0)) return -Errno.EAGAIN;
  const result = sendEndpointCommand(state, endpoint, EndpointCommand.SET_STALL);
  if (result === 0) endpoint.halted = true;
  return result;
}

/**
 * Ends a halt, and with it the transfer: requests that are with the hardware are given back with EPIPE, even if the
 * endpoint was not halted.
 *
 * @param protocol the host asks for it, and waits until it is done
 */
export function clearHalt(state: DriverState, endpoint: Dwc3Endpoint, protocol: boolean): number {
  if (endpoint.isochronous) return -Errno.EINVAL;
  if (endpoint.number <= 1) {
    // The hardware ends a halt of endpoint 0 itself when it receives a SETUP packet.
    endpoint.forgetHalt();
    return 0;
  }
  stopActiveTransfer(state, endpoint, true);
  endpoint.cancelStarted(RequestState.STALLED);
  if ((endpoint.flags & (EndpointFlag.END_TRANSFER_PENDING | EndpointFlag.DELAY_STOP)) !== 0) {
    endpoint.flags |= EndpointFlag.PENDING_CLEAR_STALL;
    if (protocol) state.clearStallProtocol = endpoint.number;
    return 0;
  }
  cleanUpCancelled(endpoint);
  const result = sendClearStall(state, endpoint);
  if (result !== 0) return result;
  endpoint.forgetHalt();
  if ((endpoint.flags & EndpointFlag.DELAY_START) !== 0 && !endpoint.isochronous) kickTransfer(state, endpoint);
  endpoint.flags &= ~EndpointFlag.DELAY_START;
  return 0;
}

/** dwc3_send_clear_stall_ep_cmd. */
export function sendClearStall(state: DriverState, endpoint: Dwc3Endpoint): number {
  const pending = endpoint.in && state.superSpeed && state.revision >= REVISION_260A;
  return sendEndpointCommand(state, endpoint, EndpointCommand.CLEAR_STALL | (pending ? FORCE_RM : 0));
}
