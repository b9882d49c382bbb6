import { rw } from './field.ts';

/** Parameter 0 of SET_CONFIG (gadget.h, DWC3_DEPCFG_*). */
export const CONFIG0 = {
  EP_TYPE: rw(1, 2),
  MAX_PACKET_SIZE: rw(3, 11),
  FIFO_NUMBER: rw(17, 5),
  /** Packets of a burst, less one. */
  BURST_SIZE: rw(22, 4),
  ACTION: rw(30, 2),
} as const;

/** Parameter 1 of SET_CONFIG. */
export const CONFIG1 = {
  INT_NUM: rw(0, 5),
  XFER_COMPLETE_EN: rw(8),
  XFER_IN_PROGRESS_EN: rw(9),
  XFER_NOT_READY_EN: rw(10),
  FIFO_ERROR_EN: rw(11),
  STREAM_EVENT_EN: rw(13),
  /** bInterval, less one. */
  BINTERVAL_M1: rw(16, 8),
  STREAM_CAPABLE: rw(24),
  /** Direction (1 is IN) and number of the endpoint on the bus. */
  EP_IN: rw(25),
  EP_NUMBER: rw(26, 4),
} as const;

/** CONFIG0.ACTION. */
export const ConfigAction = { INIT: 0, RESTORE: 1, MODIFY: 2 } as const;
/** Whether SET_CONFIG starts afresh, restores a state or keeps it. */
export type ConfigAction = (typeof ConfigAction)[keyof typeof ConfigAction];
