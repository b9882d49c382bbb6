import { InputError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { Observable } from 'rxjs';
import type { BufferPool } from './buffer-pool.ts';
import type { TransferCompletion } from './completion.ts';
import type { Towards } from './endpoint-direction.ts';
import type { EngineOptions } from './engine-options.ts';
import { type ByteSource, fillBuffers } from './fill-buffers.ts';
import { type FramingOptions, transferSizeOf } from './framing.ts';
import { transferTo } from './transfer-to.ts';

/** A byte stream must have no gaps, so a failed transfer always ends it. */
export interface SendBytesOptions extends Omit<EngineOptions, 'onFailure'>, FramingOptions {}

/**
 * Sends bytes to the host through an IN endpoint: copies them into buffers of the pool and transfers these. The source
 * is read as fast as the host reads.
 *
 * Emits the completions; completes when everything was sent; fails when the source fails or does not have what the
 * framing announces, and with the first transfer that fails (`onDisable: 'replay'` sees it through a disable). All
 * buffers are back in the pool by then.
 *
 * @throws InputError an option that is not allowed
 */
export function sendBytes<E extends EndpointFile>(
  endpoint: Towards<'in', E>,
  pool: BufferPool,
  source: ByteSource,
  options: SendBytesOptions,
): Observable<TransferCompletion> {
  const { framing, transferSize: _, ...rest } = options;
  if (endpoint.direction !== 'in')
    throw new InputError(`${endpoint.gadgetName} is an OUT endpoint: the host sends. Send through an IN endpoint.`);
  const size = transferSizeOf(options, pool.bufferSize);
  return transferTo(endpoint, { ...rest, onFailure: 'fail', returnTo: pool })({
    [Symbol.asyncIterator]: () => fillBuffers(source, pool, framing, size),
  });
}
