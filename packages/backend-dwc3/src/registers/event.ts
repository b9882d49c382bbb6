/** Bit 0 of an event word: set for events of the device, clear for those of an endpoint. */
export const DEVICE_EVENT = 1;

/** Types of device events, in bits 11..8 (DWC3_DEVICE_EVENT_*). */
export const DeviceEvent = {
  DISCONNECT: 0,
  RESET: 1,
  CONNECT_DONE: 2,
  LINK_STATUS_CHANGE: 3,
  WAKEUP: 4,
  HIBERNATION_REQUEST: 5,
  SUSPEND: 6,
  SOF: 7,
  ERRATIC_ERROR: 9,
  COMMAND_COMPLETE: 10,
  OVERFLOW: 11,
  VENDOR_TEST: 12,
} as const;
/** Type of a device event. */
export type DeviceEvent = (typeof DeviceEvent)[keyof typeof DeviceEvent];

/** Types of endpoint events, in bits 9..6 (DWC3_DEPEVT_*). */
export const EndpointEvent = {
  XFER_COMPLETE: 1,
  XFER_IN_PROGRESS: 2,
  XFER_NOT_READY: 3,
  RX_TX_FIFO: 4,
  STREAM: 6,
  COMMAND_COMPLETE: 7,
} as const;
/** Type of an endpoint event. */
export type EndpointEvent = (typeof EndpointEvent)[keyof typeof EndpointEvent];

/** Status of XferComplete and XferInProgress, in bits 15..12 (DEPEVT_STATUS_*). */
export const TransferStatus = { BUS_ERROR: 1, SHORT: 2, IOC: 4, LST: 8, MISSED_ISOC: 8 } as const;
/** Status of XferNotReady. */
export const NotReadyStatus = { CONTROL_DATA: 1, CONTROL_STATUS: 2, TRANSFER_ACTIVE: 8 } as const;
/** Status of stream events. */
export const StreamStatus = { FOUND: 1, NOT_FOUND: 2 } as const;

/** Link states, as DSTS and events have them (enum dwc3_link_state). */
export const LinkState = {
  U0: 0,
  U1: 1,
  U2: 2,
  U3: 3,
  SS_DIS: 4,
  RX_DET: 5,
  SS_INACT: 6,
  POLL: 7,
  RECOV: 8,
  HRESET: 9,
  CMPLY: 10,
  LPBK: 11,
  RESET: 14,
  RESUME: 15,
} as const;
/** State of the link. */
export type LinkState = (typeof LinkState)[keyof typeof LinkState];

/** An event word of the device. @param info bits 24..16 */
export function deviceEventWord(type: DeviceEvent, info = 0): number {
  return DEVICE_EVENT | (type << 8) | (info << 16);
}

/** An event word of an endpoint. @param endpoint physical, 0 to 31 @param parameters bits 31..16 */
export function endpointEventWord(endpoint: number, type: EndpointEvent, status: number, parameters = 0): number {
  return ((endpoint << 1) | (type << 6) | (status << 12) | (parameters << 16)) >>> 0;
}
