import { InputError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { Observable, type Subscriber } from 'rxjs';
import { BACK_PRESSURES, type BackPressure } from './back-pressure.ts';
import { type BufferSource, type SourceFeed, type SourceTarget, startSource } from './buffer-source.ts';
import type { TransferCompletion } from './completion.ts';
import type { Towards } from './endpoint-direction.ts';
import { TransferEngine, type TransferSink } from './engine.ts';
import { atLeastOne, completeOptions, type EngineOptions, oneOf } from './engine-options.ts';

/** Options of {@link transferTo}. */
export interface TransferToOptions extends EngineOptions {
  /**
   * The policy when the source is faster than the endpoint; `'block'` unless given. The others need `returnTo`.
   * With `'block'`, the stream asks an AsyncIterable for no more. An Observable cannot be told to wait, so the buffers
   * that it emits are queued.
   */
  readonly backPressure?: BackPressure;
  /** Buffers that may wait beyond `depth` before others are dropped, at least 1; as many as `depth` unless given. */
  readonly waiting?: number;
  /**
   * Gets every buffer back, exactly once: after its completion was delivered, when it was dropped, or when it was
   * cancelled after unsubscribing. A `BufferPool` fits. Without it, the stream no longer uses a buffer after its
   * completion, or, after unsubscribing, once `settled(endpoint)` resolves.
   */
  readonly returnTo?: { release(buffer: DmaBuf): void };
}

/**
 * Sends buffers through an endpoint: each buffer of the source becomes one transfer, each transfer one completion, in
 * order. A failed transfer is reported in `status`, and the stream continues.
 *
 * The stream completes when the source has completed and every transfer is over. It fails when the source fails (it
 * cancels the transfers in flight and still delivers their completions), when the endpoint file is gone, or when
 * `onDisable`, `onFailure` or `fallback` make it fail. By then nothing is in flight or attached, except buffers of an
 * unbound gadget, which the kernel only detaches when the endpoint file is closed. Unsubscribing cancels the transfers
 * in flight, and `settled(endpoint)` resolves when all buffers are back. Closing the stack cancels them too and
 * completes the stream: transfers in flight get ESHUTDOWN, queued buffers ECANCELED. If `onDisable` or `onFailure` is
 * `'fail'`, the stream fails instead.
 *
 * @param options.batched emit one array for all transfers that completed together: cheaper for many small transfers
 * @throws InputError an option that is not allowed, or an OUT endpoint
 */
export function transferTo<E extends EndpointFile>(
  endpoint: Towards<'in', E>,
  options: TransferToOptions & { readonly batched: true },
): (source: BufferSource) => Observable<readonly TransferCompletion[]>;
export function transferTo<E extends EndpointFile>(
  endpoint: Towards<'in', E>,
  options?: TransferToOptions & { readonly batched?: false },
): (source: BufferSource) => Observable<TransferCompletion>;
export function transferTo(endpoint: EndpointFile, options: TransferToOptions & { readonly batched?: boolean } = {}) {
  const { backPressure = 'block', waiting = 1, returnTo } = options;
  completeOptions(options);
  oneOf('backPressure', backPressure, BACK_PRESSURES);
  atLeastOne('waiting', waiting);
  if (endpoint.direction !== 'in')
    throw new InputError(
      `${endpoint.gadgetName} is an OUT endpoint: the host sends. Receive from it, or send through an IN endpoint.`,
    );
  if (backPressure !== 'block' && returnTo === undefined)
    throw new InputError(
      `backPressure '${backPressure}' needs returnTo. Pass a pool, or another object that takes the dropped buffers.`,
      {
        field: 'returnTo',
      },
    );
  return (source: BufferSource): Observable<unknown> =>
    new Observable((subscriber) => {
      const stream = new SendStream(endpoint, options, subscriber);
      stream.start(source);
      return () => stream.stop();
    });
}

class SendStream implements TransferSink, SourceTarget {
  readonly #engine: TransferEngine;
  readonly #subscriber: Subscriber<unknown>;
  readonly #backPressure: BackPressure;
  readonly #depth: number;
  readonly #waiting: number;
  readonly #returnTo: TransferToOptions['returnTo'];
  #batch: TransferCompletion[] | undefined;
  readonly #batched: boolean;
  #feed: SourceFeed | undefined;
  /** Reports only once that `returnTo` refuses these buffers. */
  #returnFailed = false;
  #closed = false;

  constructor(
    endpoint: EndpointFile,
    options: TransferToOptions & { readonly batched?: boolean },
    subscriber: Subscriber<unknown>,
  ) {
    const { depth } = completeOptions(options);
    this.#subscriber = subscriber;
    this.#backPressure = options.backPressure ?? 'block';
    this.#depth = depth;
    this.#waiting = options.waiting ?? depth;
    this.#returnTo = options.returnTo;
    this.#batched = options.batched ?? false;
    this.#engine = new TransferEngine(endpoint, this, options);
  }

  start(source: BufferSource): void {
    this.#feed = startSource(source, this);
    // A source may fail, or be unsubscribed from, before it has returned.
    if (this.#subscriber.closed || this.#engine.stopping) this.#feed.stop();
  }

  stop(): void {
    this.#feed?.stop();
    this.#engine.cancel();
  }

  get hasRoom(): boolean {
    return this.#backPressure !== 'block' || this.#engine.outstanding < this.#depth;
  }

  accept(buffer: DmaBuf, length: number): void {
    if (this.#closed) {
      this.giveBack(buffer);
      return;
    }
    if (this.#backPressure !== 'block' && this.#engine.waiting >= this.#waiting) {
      this.#engine.statistics.dropped++;
      if (this.#backPressure === 'drop-newest') {
        this.giveBack(buffer);
        return;
      }
      this.giveBack(this.#engine.withdraw()!);
    }
    this.#engine.submit(buffer, length);
  }

  giveBack(buffer: DmaBuf): void {
    if (this.#returnTo === undefined) return;
    try {
      this.#returnTo.release(buffer);
    } catch (error) {
      if (this.#returnFailed) return;
      this.#returnFailed = true;
      if (this.#engine.stopping) throw error;
      this.#engine.cancel(error);
    }
  }

  sourceCompleted(): void {
    this.#engine.finish();
  }

  sourceFailed(error: unknown): void {
    this.#feed?.stop();
    this.#engine.cancel(error ?? new Error('The source failed without a reason.'));
  }

  completed(completion: TransferCompletion): void {
    if (this.#batched) {
      this.#batch ??= [];
      this.#batch.push(completion);
      return;
    }
    this.#subscriber.next(completion);
    this.giveBack(completion.buffer);
  }

  batchEnd(): void {
    const batch = this.#batch;
    if (batch !== undefined) {
      this.#batch = undefined;
      this.#subscriber.next(batch);
      for (const { buffer } of batch) this.giveBack(buffer);
    }
    this.#feed?.roomChanged();
  }

  closed(error: unknown): void {
    this.#closed = true;
    if (error === undefined) this.#subscriber.complete();
    else this.#subscriber.error(error);
  }
}
