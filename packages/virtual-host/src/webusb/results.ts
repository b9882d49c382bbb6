import { Errno, errnoCode, errnoMeaning, isKernelError } from '@gadgetloom/core';
import type { UsbBufferSource, UsbInTransferResult, UsbTransferStatus } from './types.ts';

/** Errors of the WebUSB specification, by the names it gives them. */
export function domError(
  name: 'NotFoundError' | 'InvalidStateError' | 'InvalidAccessError' | 'NetworkError' | 'AbortError' | 'SecurityError',
  message: string,
): DOMException {
  return new DOMException(message, name);
}

/** The NetworkError of a call that the host refused; what is no KernelError passes through. */
export function networkError(error: unknown): unknown {
  return isKernelError(error) ? domError('NetworkError', error.message) : error;
}

/** How a transfer ended. @param status 0 or a negative errno @throws DOMException NetworkError it has no status */
export function transferStatus(status: number): UsbTransferStatus {
  if (status >= 0) return 'ok';
  if (status === -Errno.EPIPE) return 'stall';
  if (status === -Errno.EOVERFLOW) return 'babble';
  throw domError('NetworkError', `The transfer failed: ${errnoCode(status)}, ${errnoMeaning(status)}.`);
}

/** The result of reading `actual` bytes into `buffer`. A buffer that was not filled is copied to one of that size. */
export function inResult(status: number, buffer: Uint8Array<ArrayBuffer>, actual: number): UsbInTransferResult {
  const ended = transferStatus(status);
  if (ended !== 'ok' && actual === 0) return { status: ended, data: undefined };
  const bytes = actual === buffer.length ? buffer : buffer.slice(0, actual);
  return { status: ended, data: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** A copy of what the caller wants to send. @throws TypeError it is not a buffer */
export function copyOfSource(source: UsbBufferSource): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  }
  if (source instanceof ArrayBuffer) return new Uint8Array(source).slice();
  throw new TypeError('The data must be an ArrayBuffer or a view of one.');
}
