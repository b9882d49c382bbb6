/** Endpoint commands, in DEPCMD.CMDTYP (DWC3_DEPCMD_*). */
export const EndpointCommand = {
  SET_CONFIG: 1,
  SET_TRANSFER_RESOURCE: 2,
  GET_STATE: 3,
  SET_STALL: 4,
  CLEAR_STALL: 5,
  START_TRANSFER: 6,
  UPDATE_TRANSFER: 7,
  END_TRANSFER: 8,
  START_CONFIG: 9,
} as const;
/** An endpoint command. */
export type EndpointCommand = (typeof EndpointCommand)[keyof typeof EndpointCommand];

/** How an endpoint command ended, in DEPCMD.STATUS. */
export const CommandStatus = { OK: 0, NO_RESOURCE: 1, BUS_EXPIRY: 2 } as const;
/** Status of an endpoint command. */
export type CommandStatus = (typeof CommandStatus)[keyof typeof CommandStatus];

/** Bit 11 of an endpoint command: with END_TRANSFER it leaves TRBs as they are, with CLEAR_STALL it clears a pending IN. */
export const FORCE_RM = 1 << 11;

/** Generic commands, in DGCMD.CMDTYP (DWC3_DGCMD_*). */
export const GenericCommand = {
  SET_LMP: 1,
  SET_PERIODIC_PARAMETERS: 2,
  TRANSMIT_FUNCTION: 3,
  SET_SCRATCHPAD_LO: 4,
  SET_SCRATCHPAD_HI: 5,
  DEVICE_NOTIFICATION: 7,
  SELECTED_FIFO_FLUSH: 9,
  ALL_FIFO_FLUSH: 0xa,
  SET_ENDPOINT_NRDY: 0xc,
  SET_ENDPOINT_PRIME: 0xd,
  SOC_BUS_LOOPBACK: 0x10,
} as const;
/** A generic command. */
export type GenericCommand = (typeof GenericCommand)[keyof typeof GenericCommand];
