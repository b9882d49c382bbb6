import { InputError } from '@gadgetloom/core';
import { AcmRequest } from './acm-numbers.ts';

/** Bits of a SERIAL_STATE notification (PSTN 1.2, table 31). */
export const SerialState = {
  /** The line is connected (data carrier detect). */
  DCD: 0x01,
  /** The device is ready (data set ready). */
  DSR: 0x02,
  BREAK: 0x04,
  RING: 0x08,
  FRAMING_ERROR: 0x10,
  PARITY_ERROR: 0x20,
  OVERRUN: 0x40,
} as const;

/** Bytes of a SERIAL_STATE notification. */
export const SERIAL_STATE_SIZE = 10;

/** A SERIAL_STATE notification. */
export interface SerialStateNotification {
  /** Number of the control interface, 0 to 255. */
  readonly interfaceNumber: number;
  /** Bits of {@link SerialState}. */
  readonly state: number;
}

const CLASS_INTERFACE_IN = 0xa1;

/** Writes a SERIAL_STATE notification: 10 bytes. */
export function encodeSerialState({ interfaceNumber, state }: SerialStateNotification): Uint8Array {
  const bytes = new Uint8Array(SERIAL_STATE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CLASS_INTERFACE_IN);
  view.setUint8(1, AcmRequest.SERIAL_STATE);
  view.setUint16(4, interfaceNumber, true);
  view.setUint16(6, 2, true);
  view.setUint16(8, state, true);
  return bytes;
}

/** Reads a SERIAL_STATE notification. @throws InputError it is another one, or too short */
export function decodeSerialState(bytes: Uint8Array): SerialStateNotification {
  if (bytes.length < SERIAL_STATE_SIZE || bytes[0] !== CLASS_INTERFACE_IN || bytes[1] !== AcmRequest.SERIAL_STATE)
    throw new InputError(`these ${bytes.length} bytes are no SERIAL_STATE notification.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { interfaceNumber: view.getUint16(4, true), state: view.getUint16(8, true) };
}
