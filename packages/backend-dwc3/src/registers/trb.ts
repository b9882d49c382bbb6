import { get, rw } from './field.ts';

/** Bytes of a transfer request block (TRB): four little-endian words (struct dwc3_trb). */
export const TRB_BYTES = 16;
/** Byte offsets of the words: low and high half of the buffer's address, size, control. */
export const TRB_BPL = 0;
export const TRB_BPH = 4;
export const TRB_SIZE = 8;
export const TRB_CTRL = 12;

/** Largest length that a TRB can name. */
export const TRB_LENGTH_MASK = 0x00ff_ffff;

/** Fields of the size word. */
export const TrbSize = { LENGTH: rw(0, 24), PCM1: rw(24, 2), STATUS: rw(28, 4) } as const;

/** How a TRB ended (DWC3_TRBSTS_*). */
export const TrbStatus = { OK: 0, MISSED_ISOC: 1, SETUP_PENDING: 2, IN_PROGRESS: 4 } as const;
/** Status of a TRB. */
export type TrbStatus = (typeof TrbStatus)[keyof typeof TrbStatus];

/** Bits of the control word (DWC3_TRB_CTRL_*). */
export const TrbCtrl = {
  /** The hardware owns it. */
  HWO: 1 << 0,
  /** The transfer ends here. */
  LST: 1 << 1,
  /** The next TRB belongs to the same buffer. */
  CHN: 1 << 2,
  /** A short packet does not end the transfer. */
  CSP: 1 << 3,
  /** Interrupt on a short packet, or on a missed interval. */
  ISP_IMI: 1 << 10,
  /** Interrupt on completion. */
  IOC: 1 << 11,
} as const;

/** Position of the type in the control word, and of the stream id or frame number. */
export const TRB_TYPE_SHIFT = 4;
export const TRB_TYPE_MASK = 0x3f;
export const TRB_SID_SHIFT = 14;

/** Types of TRBs (DWC3_TRBCTL_*). */
export const TrbType = {
  NORMAL: 1,
  CONTROL_SETUP: 2,
  CONTROL_STATUS2: 3,
  CONTROL_STATUS3: 4,
  CONTROL_DATA: 5,
  ISOCHRONOUS_FIRST: 6,
  ISOCHRONOUS: 7,
  LINK: 8,
} as const;
/** Type of a TRB. */
export type TrbType = (typeof TrbType)[keyof typeof TrbType];

/** The type in a control word. */
export function trbType(control: number): number {
  return (control >>> TRB_TYPE_SHIFT) & TRB_TYPE_MASK;
}

/** The status in a size word. */
export function trbStatus(size: number): number {
  return get(TrbSize.STATUS, size);
}
