import { Errno } from '@gadgetloom/core';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { get } from '../registers/field.ts';
import { type DriverState, SPEED_ORDER } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { endTransfer, kickTransfer } from './transfers.ts';

const { DSTS } = DEVICE_REGISTERS;
/** DSTS shows the lower 14 bits of 16. */
const FRAME_NUMBER_MASK = 0x3fff;
/** Intervals for which a start is tried before the driver waits for the host again (DWC3_ISOC_MAX_RETRIES). */
const RETRIES = 5;

/** The (micro)frame number that DSTS shows. */
export function frameNumber(state: DriverState): number {
  return get(DSTS.fields.SOFFN, state.registers.read(DSTS.offset));
}

/** Starts an isochronous transfer some intervals from now (__dwc3_gadget_start_isoc). */
export function startIsochronous(state: DriverState, endpoint: Dwc3Endpoint): number {
  if (endpoint.pending.size === 0 && endpoint.started.size === 0) {
    endpoint.flags |= EndpointFlag.PENDING_REQUEST;
    return -Errno.EAGAIN;
  }
  const bInterval = endpoint.descriptor?.interval ?? 1;
  if (bInterval <= 14 && state.speedOrder >= SPEED_ORDER.high) {
    const now = frameNumber(state);
    const wrapped = now < (endpoint.frameNumber & FRAME_NUMBER_MASK);
    endpoint.frameNumber = (endpoint.frameNumber & ~FRAME_NUMBER_MASK) | now;
    if (wrapped) endpoint.frameNumber += FRAME_NUMBER_MASK + 1;
  }
  let result: number = -Errno.EAGAIN;
  for (let attempt = 0; attempt < RETRIES && result === -Errno.EAGAIN; attempt++) {
    // The hardware needs half a millisecond to get ready.
    const ahead = attempt + 1 + (bInterval < 3 ? 3 - bInterval : 0);
    endpoint.frameNumber = (endpoint.frameNumber + endpoint.interval * ahead) & ~(endpoint.interval - 1) & 0xffff;
    result = kickTransfer(state, endpoint);
  }
  if (result === -Errno.EAGAIN) return endTransfer(state, endpoint, true);
  return result;
}
