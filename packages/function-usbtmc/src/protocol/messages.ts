/** MsgID of bulk messages (USBTMC 1.0, table 2; USB488 1.0, table 1). */
export const MessageId = {
  DEV_DEP_MSG_OUT: 1,
  REQUEST_DEV_DEP_MSG_IN: 2,
  DEV_DEP_MSG_IN: 2,
  VENDOR_SPECIFIC_OUT: 126,
  REQUEST_VENDOR_SPECIFIC_IN: 127,
  VENDOR_SPECIFIC_IN: 127,
  TRIGGER: 128,
} as const;

/** bRequest of class requests (USBTMC 1.0, table 15; USB488 1.0, table 9). */
export const UsbtmcRequest = {
  INITIATE_ABORT_BULK_OUT: 1,
  CHECK_ABORT_BULK_OUT_STATUS: 2,
  INITIATE_ABORT_BULK_IN: 3,
  CHECK_ABORT_BULK_IN_STATUS: 4,
  INITIATE_CLEAR: 5,
  CHECK_CLEAR_STATUS: 6,
  GET_CAPABILITIES: 7,
  INDICATOR_PULSE: 64,
  READ_STATUS_BYTE: 128,
  REN_CONTROL: 160,
  GO_TO_LOCAL: 161,
  LOCAL_LOCKOUT: 162,
} as const;

/** USBTMC_status (USBTMC 1.0, table 16; USB488 1.0, table 10). */
export const UsbtmcStatus = {
  SUCCESS: 0x01,
  PENDING: 0x02,
  INTERRUPT_IN_BUSY: 0x20,
  FAILED: 0x80,
  TRANSFER_NOT_IN_PROGRESS: 0x81,
} as const;

/** Bytes of the header of a bulk message. */
export const HEADER_SIZE = 12;
/** Bulk messages are padded to a multiple of so many bytes. */
export const ALIGNMENT = 4;

/** bmTransferAttributes of DEV_DEP_MSG_OUT and DEV_DEP_MSG_IN, bit 0: the last byte ends the message. */
export const EOM = 1;
/** bmTransferAttributes of REQUEST_DEV_DEP_MSG_IN, bit 1: TermChar counts; of DEV_DEP_MSG_IN: it ended the transfer. */
export const TERM_CHAR = 2;

/** A header of a bulk-OUT message (USBTMC 1.0, tables 1, 3 and 4). */
export interface BulkHeader {
  readonly id: number;
  readonly tag: number;
  /** Bytes that follow, or that the host takes. */
  readonly size: number;
  readonly attributes: number;
  readonly termChar: number;
}

/** Reads a header. `undefined`: it is none, because it is too short, or its tag is wrong. */
export function parseHeader(bytes: Uint8Array): BulkHeader | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_SIZE);
  const tag = view.getUint8(1);
  if (tag === 0 || view.getUint8(2) !== (~tag & 0xff)) return undefined;
  return {
    id: view.getUint8(0),
    tag,
    size: view.getUint32(4, true),
    attributes: view.getUint8(8),
    termChar: view.getUint8(9),
  };
}

/** Writes the header of a message to the host, or of one from it. */
export function writeHeader(
  into: Uint8Array,
  { id, tag, size, attributes, termChar = 0 }: Omit<BulkHeader, 'termChar'> & { readonly termChar?: number },
): void {
  into.set([id, tag, ~tag & 0xff, 0]);
  new DataView(into.buffer, into.byteOffset, HEADER_SIZE).setUint32(4, size, true);
  into.set([attributes, termChar, 0, 0], 8);
}

/** Bytes of a message with header and padding. */
export function paddedSize(size: number): number {
  return Math.ceil((HEADER_SIZE + size) / ALIGNMENT) * ALIGNMENT;
}

/** Answer of GET_CAPABILITIES (USBTMC 1.0, table 37; USB488 1.0, table 8). @param scpi the device speaks SCPI */
export function capabilities(scpi: boolean): Uint8Array {
  const bytes = new Uint8Array(24);
  const bcd = 0x0100;
  bytes.set([UsbtmcStatus.SUCCESS, 0, bcd & 0xff, bcd >> 8]);
  bytes[4] = 0x04; // INDICATOR_PULSE
  bytes[5] = 0x01; // TermChar
  bytes.set([bcd & 0xff, bcd >> 8], 12);
  bytes[14] = 0x07; // a 488.2 interface; REN_CONTROL, GO_TO_LOCAL and LOCAL_LOCKOUT; TRIGGER
  bytes[15] = 0x07 | (scpi ? 0x08 : 0); // SR1, RL1, DT1
  return bytes;
}
