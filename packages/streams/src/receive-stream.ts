import { InputError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { Subscriber } from 'rxjs';
import type { BackPressure } from './back-pressure.ts';
import type { BufferPool, BufferTaker } from './buffer-pool.ts';
import { TransferEngine, type TransferSink } from './engine.ts';
import { completeOptions } from './engine-options.ts';
import type { ReceiveOptions } from './receive-from.ts';
import { Received, type ReceivedOwner } from './received.ts';

/** One subscription of `receiveFrom`: keeps buffers queued, and emits as many as the subscriber may hold. */
export class ReceiveStream implements TransferSink<Received>, BufferTaker, ReceivedOwner {
  readonly holder: string;
  readonly #engine: TransferEngine<Received>;
  readonly #pool: BufferPool;
  readonly #subscriber: Subscriber<unknown>;
  readonly #depth: number;
  readonly #window: number;
  readonly #backPressure: BackPressure;
  readonly #batched: boolean;
  readonly #length: ReceiveOptions['length'];
  /** Transfers that were received and not yet emitted. */
  readonly #waiting: Received[] = [];
  /** Number of transfers that were emitted and not yet released. */
  #unreleased = 0;
  #submitted = 0;
  /** Length of the next transfer, if it is known already. */
  #nextLength: number | undefined;
  #inLine = false;
  #emitting = false;
  #closed = false;
  #error: unknown;

  constructor(
    endpoint: EndpointFile,
    pool: BufferPool,
    options: ReceiveOptions & { readonly batched?: boolean },
    subscriber: Subscriber<unknown>,
  ) {
    this.holder = `receiveFrom ${endpoint.gadgetName}`;
    this.#pool = pool;
    this.#subscriber = subscriber;
    this.#depth = completeOptions(options).depth;
    this.#backPressure = options.backPressure ?? 'block';
    this.#window = options.window ?? (this.#backPressure === 'block' ? Number.POSITIVE_INFINITY : 1);
    this.#batched = options.batched ?? false;
    this.#length = options.length;
    this.#engine = new TransferEngine<Received>(endpoint, this, options, (transfer) => new Received(transfer, this));
  }

  start(): void {
    this.#refill();
  }

  /** Called when the subscriber unsubscribes. */
  stop(): void {
    this.#leaveLine();
    this.#engine.cancel();
    for (const { buffer } of this.#waiting.splice(0)) this.#pool.release(buffer);
  }

  completed(received: Received): void {
    // A transfer that the kernel refuses would be refused the next time as well.
    if (received.error !== undefined && received.actual === 0) this.#engine.cancel(received.error);
    if (this.#subscriber.closed) this.#pool.release(received.buffer);
    else if (this.#batched || this.#waiting.length > 0 || this.#unreleased >= this.#window)
      this.#waiting.push(received);
    else {
      this.#unreleased++;
      this.#subscriber.next(received);
    }
  }

  batchEnd(): void {
    if (this.#waiting.length > 0) this.#emit();
    this.#refill();
  }

  closed(error: unknown): void {
    this.#leaveLine();
    this.#closed = true;
    this.#error = error;
    this.#endIfDone();
  }

  released(received: Received): void {
    this.#unreleased--;
    this.#pool.release(received.buffer);
    if (this.#waiting.length > 0) this.#emit();
    if (this.#closed) this.#endIfDone();
  }

  take(buffer: DmaBuf): void {
    this.#inLine = false;
    if (this.#engine.stopping) this.#pool.release(buffer);
    else {
      this.#submit(buffer);
      this.#refill();
    }
  }

  poolClosed(error: Error): void {
    this.#inLine = false;
    this.#engine.cancel(error);
  }

  #emit(): void {
    // A release inside `next` calls this again: the outer loop goes on.
    if (this.#emitting) return;
    this.#emitting = true;
    while (this.#waiting.length > 0 && this.#unreleased < this.#window && !this.#subscriber.closed) {
      const emitted = this.#batched
        ? this.#waiting.splice(0, Math.min(this.#waiting.length, this.#window - this.#unreleased))
        : this.#waiting.shift();
      this.#unreleased += Array.isArray(emitted) ? emitted.length : 1;
      this.#subscriber.next(emitted);
    }
    this.#emitting = false;
  }

  #refill(): void {
    try {
      while (!this.#engine.stopping && !this.#closed && this.#engine.outstanding < this.#depth) {
        if (this.#planLength() === 0) {
          this.#engine.finish();
          break;
        }
        const buffer = this.#pool.tryAcquire(this.holder) ?? this.#recycle();
        if (buffer === undefined) {
          this.#standInLine();
          return;
        }
        this.#submit(buffer);
      }
    } catch (error) {
      this.#engine.cancel(error);
    }
    // A buffer that was recycled may have filled the place that the stream stands in line for.
    this.#leaveLine();
  }

  /** Length of the next transfer; `undefined` is the whole buffer, 0 the end. */
  #planLength(): number | undefined {
    if (typeof this.#length !== 'function') return this.#length;
    if (this.#nextLength !== undefined) return this.#nextLength;
    const length = this.#length(this.#submitted);
    if (!Number.isInteger(length) || length < 0) {
      const message = `The length of transfer ${this.#submitted} is ${length}; it has to be a whole number, at least 0.`;
      throw new InputError(message, { field: 'length' });
    }
    this.#nextLength = length;
    return length;
  }

  #submit(buffer: DmaBuf): void {
    const length = this.#planLength() ?? buffer.size;
    this.#nextLength = undefined;
    this.#submitted++;
    this.#engine.submit(buffer, length);
  }

  /** Drops a received transfer, to receive into its buffer. */
  #recycle(): DmaBuf | undefined {
    if (this.#backPressure === 'block') return undefined;
    const dropped = this.#backPressure === 'drop-oldest' ? this.#waiting.shift() : this.#waiting.pop();
    if (dropped !== undefined) this.#engine.statistics.dropped++;
    return dropped?.buffer;
  }

  #standInLine(): void {
    if (this.#inLine) return;
    this.#inLine = true;
    this.#pool.wait(this);
  }

  #leaveLine(): void {
    if (!this.#inLine) return;
    this.#inLine = false;
    this.#pool.cancelWait(this);
  }

  #endIfDone(): void {
    if (this.#waiting.length > 0) return;
    if (this.#error === undefined) this.#subscriber.complete();
    else this.#subscriber.error(this.#error);
  }
}
