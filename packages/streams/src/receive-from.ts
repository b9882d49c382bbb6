import { InputError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { Observable } from 'rxjs';
import { BACK_PRESSURES, type BackPressure } from './back-pressure.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Towards } from './endpoint-direction.ts';
import { nameOf } from './endpoint-name.ts';
import { atLeastOne, completeOptions, type EngineOptions, oneOf } from './engine-options.ts';
import { ReceiveStream } from './receive-stream.ts';
import type { ReceivedTransfer } from './received.ts';

/** How {@link receiveFrom} receives. */
export interface ReceiveOptions extends EngineOptions {
  /**
   * Bytes of each transfer; the whole buffer unless given. A function is asked for every transfer by its sequence, and
   * ends the stream with 0.
   */
  readonly length?: number | ((sequence: number) => number);
  /**
   * Most buffers that the subscriber has unreleased at a time, at least 1. What is received beyond waits in the
   * stream. No limit unless given; 1 with a policy that drops.
   */
  readonly window?: number;
  /**
   * What happens when the pool has no buffer to receive into. `block`, unless given: nothing is received, and the host
   * is kept waiting. `drop-oldest`, `drop-newest`: a received buffer that waits in the stream is used again.
   */
  readonly backPressure?: BackPressure;
}

/**
 * Receives from an endpoint: keeps `depth` buffers of the pool queued, as far as the pool has them, and emits each
 * one when its transfer is over. Every buffer that is emitted has to be released, whatever its status.
 *
 * For DMABUFs the kernel does not tell how many bytes arrived: `actual` is `'unknown'`. Sender and receiver have to
 * agree on something; `receiveBytes` knows some ways.
 *
 * The stream ends when `length` says so, when the endpoint file is gone, when the kernel refuses a transfer, when the
 * pool is closed, or when `onDisable` or `fallback` say so. Closing the stack completes it, after its transfers have
 * ended with ESHUTDOWN; where `onDisable` or `onFailure` are `'fail'`, it fails it. Unsubscribing cancels what is queued and gives back every
 * buffer that was not emitted; `settled(endpoint)` tells when that is done.
 *
 * @param options.batched emit one array for all transfers that completed together
 * @throws InputError an option that is not allowed, or an IN endpoint
 */
export function receiveFrom<E extends EndpointFile>(
  endpoint: Towards<'out', E>,
  pool: BufferPool,
  options: ReceiveOptions & { readonly batched: true },
): Observable<readonly ReceivedTransfer[]>;
export function receiveFrom<E extends EndpointFile>(
  endpoint: Towards<'out', E>,
  pool: BufferPool,
  options?: ReceiveOptions & { readonly batched?: false },
): Observable<ReceivedTransfer>;
export function receiveFrom<E extends EndpointFile>(
  endpoint: Towards<'out', E>,
  pool: BufferPool,
  options: ReceiveOptions & { readonly batched?: boolean } = {},
): Observable<unknown> {
  completeOptions(options);
  oneOf('backPressure', options.backPressure ?? 'block', BACK_PRESSURES);
  if (options.window !== undefined && options.window !== Number.POSITIVE_INFINITY) atLeastOne('window', options.window);
  if (typeof options.length === 'number') atLeastOne('length', options.length);
  if (endpoint.direction !== 'out')
    throw new InputError(`${nameOf(endpoint)} is an IN endpoint: it sends to the host. Receive from an OUT endpoint.`);
  return new Observable((subscriber) => {
    const stream = new ReceiveStream(endpoint, pool, options, subscriber);
    stream.start();
    return () => stream.stop();
  });
}
