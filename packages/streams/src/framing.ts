import { InputError } from '@gadgetloom/core';
import { atLeastOne } from './engine-options.ts';

/**
 * How bytes are divided into transfers. Both ends must agree on it, because the kernel does not tell how many bytes of
 * a DMABUF arrived, and sends no zero-length packet to end one.
 *
 * - `total`: both ends know the number of bytes. Every transfer is full but the last. - `fixed`: records of `length`
 * bytes, one per transfer, without an end. - `length-prefix`: every transfer is full; the first four bytes of each
 * (little-endian) say how many of the others count, and 0 is the end. Both ends use the same transfer size; neither
 * needs to know the number of bytes in advance.
 */
export type Framing =
  | { readonly kind: 'total'; readonly total: number }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: 'length-prefix' };

/** The framing that sender and receiver agree on. */
export interface FramingOptions {
  readonly framing: Framing;
  /**
   * Bytes of a full transfer, at most the size of the pool's buffers, which it is unless given; `fixed` has its own.
   * Make it a multiple of the endpoint's packet size: a transfer that is not ends with a short packet.
   */
  readonly transferSize?: number;
}

/** Bytes in front of the payload of each transfer. */
export const PREFIX_SIZE = 4;

/**
 * Bytes of a full transfer.
 *
 * @throws InputError the framing does not fit the buffers
 */
export function transferSizeOf({ framing, transferSize }: FramingOptions, bufferSize: number): number {
  if (framing.kind === 'total' && !(Number.isSafeInteger(framing.total) && framing.total >= 0))
    throw new InputError(`total is ${framing.total}. Pass a whole number of at least 0.`, { field: 'total' });
  const [field, size] = framing.kind === 'fixed' ? ['length', framing.length] : ['transferSize', transferSize];
  if (size === undefined) return bufferSize;
  atLeastOne(field, size);
  const least = framing.kind === 'length-prefix' ? PREFIX_SIZE + 1 : 1;
  if (size < least || size > bufferSize)
    throw new InputError(`${field} is ${size}. Pass ${least} to ${bufferSize}, which fit the buffers of the pool.`, {
      field,
    });
  return size;
}

/** Bytes of transfer number `sequence`; 0 after the last. */
export function lengthOf(framing: Framing, transferSize: number, sequence: number): number {
  if (framing.kind !== 'total') return transferSize;
  return Math.max(0, Math.min(transferSize, framing.total - sequence * transferSize));
}
