/** Bit 0 of an event word: set for events of the device, clear for those of an endpoint. */
const DEVICE_EVENT = 1;
/** Bits 7..1 of an event word with bit 0: 0 for events of the device. */
const NOT_OF_DEVICE = 0xfe;

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

/** An event as the driver reads it. */
export type Dwc3Event = DeviceEventFields | EndpointEventFields;

/** Fields of an event of the device. */
export interface DeviceEventFields {
  readonly kind: 'device';
  readonly type: number;
  /** Bits 24..16. For events of the link, its state. */
  readonly info: number;
}

/** Fields of an event of an endpoint. */
export interface EndpointEventFields {
  readonly kind: 'endpoint';
  /** Physical number, 0 to 31. */
  readonly endpoint: number;
  readonly type: number;
  /** Depends on the type: {@link TransferStatus}, {@link NotReadyStatus}, {@link StreamStatus}, a command's status. */
  readonly status: number;
  /** Bits 31..16: a (micro)frame number, or what {@link completedCommand} reads. */
  readonly parameters: number;
}

/** The word of an event of the device. @param info bits 24..16 */
export function deviceEventWord(type: DeviceEvent, info = 0): number {
  return DEVICE_EVENT | (type << 8) | (info << 16);
}

/** The word of an event of an endpoint. @param endpoint physical number, 0 to 31 @param parameters bits 31..16 */
export function endpointEventWord(endpoint: number, type: EndpointEvent, status: number, parameters = 0): number {
  return ((endpoint << 1) | (type << 6) | (status << 12) | (parameters << 16)) >>> 0;
}

/** Bits 31..16 of the event that tells that an endpoint command is done. */
export function commandParameters(command: number): number {
  return command << 8;
}

/** Decodes an event word. Returns `undefined` for events that are neither of the device nor of an endpoint (OTG, I2C). */
export function decodeEvent(word: number): Dwc3Event | undefined {
  if ((word & DEVICE_EVENT) === 0) {
    return {
      kind: 'endpoint',
      endpoint: (word >>> 1) & 0x1f,
      type: (word >>> 6) & 0xf,
      status: (word >>> 12) & 0xf,
      parameters: word >>> 16,
    };
  }
  if ((word & NOT_OF_DEVICE) !== 0) return undefined;
  return { kind: 'device', type: (word >>> 8) & 0xf, info: (word >>> 16) & 0x1ff };
}

/** The command that an event of type COMMAND_COMPLETE is about. */
export function completedCommand({ parameters }: EndpointEventFields): number {
  return (parameters >>> 8) & 0xf;
}
