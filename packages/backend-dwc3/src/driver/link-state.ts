import { Errno } from '@gadgetloom/core';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { LinkState } from '../registers/event.ts';
import { get, put } from '../registers/field.ts';
import type { DriverState } from './driver-state.ts';

const { DCTL, DEVTEN, DSTS } = DEVICE_REGISTERS;
/** Reads of DSTS.DCNRD until the core counts as one that is not ready. */
const POLLS = 10_000;
/** States from which the host can be woken. */
const SLEEPING: readonly number[] = [
  LinkState.RESET,
  LinkState.RX_DET,
  LinkState.U3,
  LinkState.U2,
  LinkState.U1,
  LinkState.RESUME,
];

/** The state that DSTS shows. */
export function linkState({ registers }: DriverState): number {
  return get(DSTS.fields.USBLNKST, registers.read(DSTS.offset));
}

/** Asks for a change of the link (dwc3_gadget_set_link_state). @returns 0 or -ETIMEDOUT */
export function setLinkState(state: DriverState, next: LinkState): number {
  const { registers } = state;
  let polls = POLLS;
  while ((registers.read(DSTS.offset) & DSTS.fields.DCNRD.mask) !== 0) if (--polls === 0) return -Errno.ETIMEDOUT;
  const none = (registers.read(DCTL.offset) & ~DCTL.fields.ULSTCHNGREQ.mask) >>> 0;
  registers.write(DCTL.offset, none);
  registers.write(DCTL.offset, none | put(DCTL.fields.ULSTCHNGREQ, next));
  return 0;
}

/** Events of link changes, on or off (dwc3_gadget_enable_linksts_evts). */
export function enableLinkEvents(state: DriverState, on: boolean): void {
  const { mask } = DEVTEN.fields.ULSTCNGEN;
  state.update(DEVTEN.offset, mask, on ? mask : 0);
}

/** Wakes the host (__dwc3_gadget_wakeup). @returns 0, -EINVAL the bus does not sleep, -ETIMEDOUT */
export function wakeHost(state: DriverState): number {
  if (!SLEEPING.includes(linkState(state))) return -Errno.EINVAL;
  enableLinkEvents(state, true);
  const result = setLinkState(state, LinkState.RECOV);
  if (result < 0) enableLinkEvents(state, false);
  return result;
}
