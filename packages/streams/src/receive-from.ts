import { InputError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { Observable } from 'rxjs';
import { BACK_PRESSURES, type BackPressure } from './back-pressure.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Towards } from './endpoint-direction.ts';
import { atLeastOne, completeOptions, type EngineOptions, oneOf } from './engine-options.ts';
import { ReceiveStream } from './receive-stream.ts';
import type { ReceivedTransfer } from './received.ts';

/** Options of {@link receiveFrom}. */
export interface ReceiveOptions extends EngineOptions {
  /**
   * Bytes of each transfer; the whole buffer unless given. A function gets the sequence of each transfer, and
   * ends the stream by returning 0.
   */
  readonly length?: number | ((sequence: number) => number);
  /**
   * The most buffers that the subscriber holds at a time, at least 1. Transfers received beyond it wait in the
   * stream. No limit unless given; 1 with a policy that drops.
   */
  readonly window?: number;
  /**
   * The policy when the pool has no buffer to receive into. `block`, the default: the stream receives nothing, and the
   * host waits. `drop-oldest`, `drop-newest`: the stream reuses a received buffer that it has not emitted yet.
   */
  readonly backPressure?: BackPressure;
}

/**
 * Receives from an endpoint: keeps `depth` buffers of the pool queued, as far as the pool has them, and emits each
 * one when its transfer is over. Subscribers must release every buffer that they get, whatever its status.
 *
 * For DMABUFs the kernel does not tell how many bytes arrived: `actual` is `'unknown'`. Sender and receiver must
 * agree on the length; `receiveBytes` has framings for it.
 *
 * The stream ends when `length` returns 0, when the endpoint file is gone, when the kernel refuses a transfer, when the
 * pool is closed, or when `onDisable` or `fallback` end it. Closing the stack completes the stream, after its transfers
 * have ended with ESHUTDOWN; if `onDisable` or `onFailure` is `'fail'`, the stream fails. Unsubscribing cancels queued
 * transfers and releases every buffer that was not emitted; `settled(endpoint)` resolves when that is done.
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
    throw new InputError(
      `${endpoint.gadgetName} is an IN endpoint: it sends to the host. Receive from an OUT endpoint.`,
    );
  return new Observable((subscriber) => {
    const stream = new ReceiveStream(endpoint, pool, options, subscriber);
    stream.start();
    return () => stream.stop();
  });
}
