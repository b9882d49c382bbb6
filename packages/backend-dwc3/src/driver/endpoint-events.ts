import { Errno } from '@gadgetloom/core';
import { EndpointCommand } from '../registers/command.ts';
import { completedCommand, EndpointEvent, type EndpointEventFields, TransferStatus } from '../registers/event.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { sendClearStall } from './halt.ts';
import { startIsochronous } from './isochronous-start.ts';
import { reclaimCompleted } from './reclaim-trbs.ts';
import { cleanUpCancelled, kickTransfer, stopActiveTransfer } from './transfers.ts';

const {
  DELAY_START,
  END_TRANSFER_PENDING,
  IGNORE_NEXT_NOSTREAM,
  PENDING_CLEAR_STALL,
  TRANSFER_STARTED,
  WAIT_TRANSFER_COMPLETE,
} = EndpointFlag;
const { COMMAND_COMPLETE, XFER_COMPLETE, XFER_IN_PROGRESS, XFER_NOT_READY } = EndpointEvent;

/** The part of endpoint 0 that events of data endpoints call. */
export interface ControlSide {
  /** The halt that the host waits for is over. */
  sendDelayedStatus(): void;
  stallAndRestart(): void;
}

/** Handles an event of a data endpoint (dwc3_endpoint_interrupt). */
export function handleEndpointEvent(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  event: EndpointEventFields,
  control: ControlSide,
): void {
  const { status } = event;
  switch (event.type) {
    case XFER_IN_PROGRESS:
      if (endpoint.isochronous) endpoint.frameNumber = event.parameters;
      transferProgressed(state, endpoint, status);
      break;
    case XFER_COMPLETE:
      endpoint.flags &= ~TRANSFER_STARTED;
      // In this event the bit of a missed interval means the last TRB.
      if (trbsCompleted(state, endpoint, status, busError(status))) endpoint.flags &= ~WAIT_TRANSFER_COMPLETE;
      break;
    case XFER_NOT_READY:
      transferNotReady(state, endpoint, event.parameters);
      break;
    case COMMAND_COMPLETE:
      if (completedCommand(event) === EndpointCommand.END_TRANSFER) transferEnded(state, endpoint, control);
      break;
  }
}

function busError(status: number): number {
  return (status & TransferStatus.BUS_ERROR) !== 0 ? -Errno.ECONNRESET : 0;
}

function transferProgressed(state: DriverState, endpoint: Dwc3Endpoint, status: number): void {
  if (endpoint.descriptor === undefined) return;
  const missed = (status & TransferStatus.MISSED_ISOC) !== 0;
  trbsCompleted(state, endpoint, status, missed ? -Errno.EXDEV : busError(status));
}

/** dwc3_gadget_endpoint_trbs_complete. @returns whether nothing was started */
function trbsCompleted(state: DriverState, endpoint: Dwc3Endpoint, eventStatus: number, status: number): boolean {
  reclaimCompleted(state, endpoint, eventStatus, status);
  if ((endpoint.flags & END_TRANSFER_PENDING) !== 0 || endpoint.descriptor === undefined) return true;
  const drained = endpoint.started.size === 0 && (endpoint.pending.size === 0 || status === -Errno.EXDEV);
  if (endpoint.isochronous && drained) {
    stopActiveTransfer(state, endpoint, true);
    return true;
  }
  return !(shouldContinue(state, endpoint) && kickTransfer(state, endpoint) === 0);
}

/** dwc3_gadget_ep_should_continue. */
function shouldContinue(state: DriverState, endpoint: Dwc3Endpoint): boolean {
  if (!state.pullupsConnected || !state.connected) return false;
  if (endpoint.pending.size > 0) return true;
  const request = endpoint.started.first;
  return request !== undefined && (request.pendingEntries > 0 || request.queuedEntries > 0);
}

/** The host came while nothing was started: isochronous transfers begin now (dwc3_gadget_endpoint_transfer_not_ready). */
function transferNotReady(state: DriverState, endpoint: Dwc3Endpoint, frame: number): void {
  if (!state.connected) return;
  endpoint.frameNumber = frame;
  if ((endpoint.flags & END_TRANSFER_PENDING) !== 0) return;
  startIsochronous(state, endpoint);
}

/** END_TRANSFER is done: what was cancelled is given back, and a halt may end (dwc3_gadget_endpoint_command_complete). */
function transferEnded(state: DriverState, endpoint: Dwc3Endpoint, control: ControlSide): void {
  if (endpoint.streamCapable) endpoint.flags |= IGNORE_NEXT_NOSTREAM;
  endpoint.flags &= ~(END_TRANSFER_PENDING | TRANSFER_STARTED);
  cleanUpCancelled(endpoint);
  if ((endpoint.flags & PENDING_CLEAR_STALL) !== 0) {
    endpoint.flags &= ~PENDING_CLEAR_STALL;
    if (sendClearStall(state, endpoint) !== 0) {
      if (state.delayedStatus) control.stallAndRestart();
      return;
    }
    endpoint.forgetHalt();
    if (state.clearStallProtocol === endpoint.number) control.sendDelayedStatus();
  }
  if ((endpoint.flags & DELAY_START) !== 0 && !endpoint.isochronous) kickTransfer(state, endpoint);
  endpoint.flags &= ~DELAY_START;
}
