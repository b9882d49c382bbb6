import { domError, transferStatus } from './dom-errors.ts';
import { UsbInTransferResult } from './transfer-results.ts';
import type { UsbBufferSource } from './types.ts';

/** Bytes of the longest transfer that browsers accept. Source: Blink, usb_device.cc, kUsbTransferLengthLimit. */
const LONGEST = 32 * 1024 * 1024;

/** @returns `length` as the IDL converts it, to 32 bits @throws DOMException DataError the transfer is too long */
export function transferLength(length: number): number {
  const bytes = length >>> 0;
  if (bytes <= LONGEST) return bytes;
  throw domError('DataError', `A transfer of ${bytes} bytes is too long; the most is ${LONGEST} bytes.`);
}

/** The sum of packet lengths. @throws DOMException DataError the transfer is too long */
export function totalLength(packetLengths: readonly number[]): number {
  return packetLengths.reduce((total, length) => transferLength(total + transferLength(length)), 0);
}

/** Cuts a buffer into packets of these lengths. */
export function packetsOf(buffer: Uint8Array, packetLengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return packetLengths.map((length) => {
    at += length;
    return buffer.subarray(at - length, at);
  });
}

/** A copy of the bytes to send; a detached buffer has none. @throws TypeError it is not a buffer */
export function copyOfSource(source: UsbBufferSource): Uint8Array<ArrayBuffer> {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  // The length of a DataView on a detached buffer throws; that of the buffer is 0.
  if (buffer?.byteLength === 0) return new Uint8Array(0);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  if (source instanceof ArrayBuffer) return new Uint8Array(source).slice();
  throw new TypeError('The data must be an ArrayBuffer or a view of one.');
}

/** The result of reading `actual` bytes into `buffer`. Copies them if they did not fill the buffer. */
export function inResult(status: number, buffer: Uint8Array<ArrayBuffer>, actual: number): UsbInTransferResult {
  const ended = transferStatus(status);
  if (ended !== 'ok' && actual === 0) return new UsbInTransferResult(ended);
  const bytes = actual === buffer.length ? buffer : buffer.slice(0, actual);
  return new UsbInTransferResult(ended, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}
