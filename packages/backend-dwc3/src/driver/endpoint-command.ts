import { Errno } from '@gadgetloom/core';
import { CommandStatus, EndpointCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { get } from '../registers/field.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import { type DriverState, SPEED_ORDER } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { EndpointFlag } from './endpoint-flags.ts';

const { END_TRANSFER, START_TRANSFER, UPDATE_TRANSFER } = EndpointCommand;

const { DEPCMD, DEPCMDPAR0, DEPCMDPAR1, DEPCMDPAR2 } = DEVICE_REGISTERS;
const { SUSPHY, ENBLSLPM } = GLOBAL_REGISTERS.GUSB2PHYCFG.fields;
const PHY = GLOBAL_REGISTERS.GUSB2PHYCFG.offset;
const PHY_SLEEP = SUSPHY.mask | ENBLSLPM.mask;
const CMDACT = DEPCMD.fields.CMDACT.mask;
/** DEPCMD.CMDIOC: an event tells when the command is done. */
export const CMDIOC = DEPCMD.fields.CMDIOC.mask;
const COMMAND = DEPCMD.fields.CMDTYP.mask;
/** Position of a command's parameter. */
export const COMMAND_PARAMETER = DEPCMD.fields.PARAM.low;
/** Reads of CMDACT until a command counts as lost. */
const POLLS = 5000;
const EAGAIN = -Errno.EAGAIN;
const EINVAL = -Errno.EINVAL;
const ETIMEDOUT = -Errno.ETIMEDOUT;

/**
 * Gives an endpoint command and waits until it is done (dwc3_send_gadget_ep_cmd).
 *
 * @param word the command, with its own bits and parameter
 * @returns 0, -EINVAL no transfer resource, -EAGAIN an isochronous transfer was to start in the past, -ETIMEDOUT
 */
export function sendEndpointCommand(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  word: number,
  parameter0 = 0,
  parameter1 = 0,
  parameter2 = 0,
): number {
  const { registers } = state;
  const command = word & COMMAND;
  let saved = 0;
  // A PHY that sleeps keeps the command from being done.
  if (state.speedOrder <= SPEED_ORDER.high || command === END_TRANSFER) {
    const phy = registers.read(PHY);
    saved = phy & PHY_SLEEP;
    if (saved !== 0) registers.write(PHY, phy & ~saved);
  }
  const base = endpoint.registerOffset;
  let act = CMDACT;
  if (command === UPDATE_TRANSFER) {
    if (!endpoint.isochronous) act = 0;
  } else {
    registers.write(base + PAR0, parameter0);
    registers.write(base + PAR1, parameter1);
    registers.write(base + PAR2, parameter2);
  }
  registers.write(base + CMD, act === 0 ? word & ~CMDIOC : word | act);
  const posted = act === 0 || (command === END_TRANSFER && (word & CMDIOC) === 0);
  const result = posted ? 0 : poll(state, base + CMD);
  if (command === START_TRANSFER) {
    if (result === 0) endpoint.flags |= EndpointFlag.TRANSFER_STARTED;
    if (result !== ETIMEDOUT) endpoint.resourceIndex = get(DEPCMD.fields.PARAM, registers.read(base + CMD)) & 0x7f;
  }
  if (saved !== 0) registers.write(PHY, registers.read(PHY) | saved);
  return result;
}

const CMD = DEPCMD.offset - DEPCMDPAR2.offset;
const PAR0 = DEPCMDPAR0.offset - DEPCMDPAR2.offset;
const PAR1 = DEPCMDPAR1.offset - DEPCMDPAR2.offset;
const PAR2 = 0;

function poll({ registers }: DriverState, offset: number): number {
  for (let left = POLLS; left > 0; left--) {
    const word = registers.read(offset);
    if ((word & CMDACT) !== 0) continue;
    const status = get(DEPCMD.fields.STATUS, word);
    if (status === CommandStatus.OK) return 0;
    return status === CommandStatus.BUS_EXPIRY ? EAGAIN : EINVAL;
  }
  return ETIMEDOUT;
}
