import { domError, transferStatus } from './dom-errors.ts';
import { UsbInTransferResult } from './transfer-results.ts';
import type { UsbBufferSource } from './types.ts';

/** Bytes of the longest transfer that browsers accept. Source: Blink, usb_device.cc, kUsbTransferLengthLimit. */
const LONGEST = 32 * 1024 * 1024;

/** @returns `length` as the IDL converts it, to 32 bits @throws DOMException DataError the transfer is too long */
export function transferLength(length: number): number {
  const bytes = length >>> 0;
  expectShort(bytes);
  return bytes;
}

function expectShort(bytes: number): void {
  if (bytes > LONGEST)
    throw domError('DataError', `A transfer of ${bytes} bytes is too long; the most is ${LONGEST} bytes.`);
}

/** Room for packets of these lengths, one after the other in a buffer. @throws DOMException DataError it is too long */
export function emptyPackets(packetLengths: Iterable<number>): {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly packets: Uint8Array[];
} {
  const { lengths, total } = lengthsOf(packetLengths);
  const buffer = new Uint8Array(total);
  return { buffer, packets: cut(buffer, lengths) };
}

/**
 * A copy of data, cut into packets of these lengths.
 *
 * @throws TypeError the data is not a buffer
 * @throws DOMException DataError the packets are too long, or do not hold exactly the data
 */
export function filledPackets(data: UsbBufferSource, packetLengths: Iterable<number>): Uint8Array[] {
  const bytes = copyOfSource(data);
  const { lengths, total } = lengthsOf(packetLengths);
  if (total !== bytes.length) {
    throw domError('DataError', `The packets have ${total} bytes in total and the data has ${bytes.length}.`);
  }
  return cut(bytes, lengths);
}

/** Converts lengths as the IDL does: any list of numbers, such as a Uint32Array, each to 32 bits. */
function lengthsOf(packetLengths: Iterable<number>): { readonly lengths: number[]; readonly total: number } {
  const lengths = Array.from(packetLengths, transferLength);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  expectShort(total);
  return { lengths, total };
}

function cut(buffer: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return buffer.subarray(at - length, at);
  });
}

/** A copy of the bytes to send; a detached buffer has none. @throws TypeError it is not a buffer */
export function copyOfSource(source: UsbBufferSource): Uint8Array<ArrayBuffer> {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  // The length of a DataView on a detached buffer throws; that of the buffer is 0.
  if (buffer?.byteLength === 0) return new Uint8Array(0);
  // Test runners and frames have an ArrayBuffer class of their own, so instanceof does not tell.
  if (Object.prototype.toString.call(buffer) === '[object ArrayBuffer]')
    return ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
      : new Uint8Array(source).slice();
  throw new TypeError('The data must be an ArrayBuffer or a view of one.');
}

/** The result of reading `actual` bytes into `buffer`. Copies them if they did not fill the buffer. */
export function inResult(status: number, buffer: Uint8Array<ArrayBuffer>, actual: number): UsbInTransferResult {
  const ended = transferStatus(status);
  if (ended !== 'ok' && actual === 0) return new UsbInTransferResult(ended);
  const bytes = actual === buffer.length ? buffer : buffer.slice(0, actual);
  return new UsbInTransferResult(ended, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}
