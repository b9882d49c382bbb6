import { Errno, errnoCode, errnoMeaning, isKernelError } from '@gadgetloom/core';
import type { UsbTransferStatus } from './types.ts';

type DomErrorName =
  | 'AbortError'
  | 'DataError'
  | 'IndexSizeError'
  | 'InvalidAccessError'
  | 'InvalidStateError'
  | 'NetworkError'
  | 'NotFoundError'
  | 'SecurityError';

/** An error of the WebUSB specification, by the name that it has there. */
export function domError(name: DomErrorName, message: string): DOMException {
  return new DOMException(message, name);
}

/** Turns a KernelError into a NetworkError; returns every other error as it is. */
export function networkError(error: unknown): unknown {
  return isKernelError(error) ? domError('NetworkError', error.message) : error;
}

/** How a transfer ended. @param status 0 or a negative errno @throws DOMException NetworkError for all other errnos */
export function transferStatus(status: number): UsbTransferStatus {
  if (status >= 0) return 'ok';
  if (status === -Errno.EPIPE) return 'stall';
  if (status === -Errno.EOVERFLOW) return 'babble';
  throw domError('NetworkError', `The transfer failed: ${errnoCode(status)}, ${errnoMeaning(status)}.`);
}
