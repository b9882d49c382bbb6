import { Errno } from '@gadgetloom/core';
import type { GenericCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { get } from '../registers/field.ts';
import type { DriverState } from './driver-state.ts';

const { DGCMD, DGCMDPAR } = DEVICE_REGISTERS;
const { CMDACT, STATUS } = DGCMD.fields;
/** Reads of CMDACT until a command counts as lost. */
const POLLS = 500;

/** Gives a generic command and waits until it is done (dwc3_send_gadget_generic_command). @returns 0, -EINVAL, -ETIMEDOUT */
export function sendGenericCommand({ registers }: DriverState, command: GenericCommand, parameter: number): number {
  registers.write(DGCMDPAR.offset, parameter);
  registers.write(DGCMD.offset, command | CMDACT.mask);
  for (let left = POLLS; left > 0; left--) {
    const word = registers.read(DGCMD.offset);
    if ((word & CMDACT.mask) === 0) return get(STATUS, word) === 0 ? 0 : -Errno.EINVAL;
  }
  return -Errno.ETIMEDOUT;
}
