import type { Clock } from '@gadgetloom/core';
import { isKernelError } from '@gadgetloom/core';
import type { DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import type { StackEndpoint } from '@gadgetloom/gadget';
import { defer, type Observable, retry, Subject, share, startWith, switchMap, take } from 'rxjs';
import {
  type BackPressure,
  BufferPool,
  type DisablePolicy,
  type ReceivedTransfer,
  receiveFrom,
  StreamStatistics,
  type TransferCompletion,
  transferTo,
} from '../../src/index.ts';
import { BLANK, follows, LONGEST, readWords, writeWords } from './words.ts';

/** Options of a stream. */
export interface StreamPlan {
  readonly depth: number;
  readonly buffers: number;
  readonly backPressure: BackPressure;
  readonly onDisable: DisablePolicy;
  readonly onFailure: 'continue' | 'fail';
  readonly batched: boolean;
  readonly operator: 'none' | 'take' | 'switchMap' | 'retry' | 'share';
  /** The subscriber throws at each value of which the number is a multiple of this; 0: never. */
  readonly throwsAt: number;
  /** A receiver ends after as many transfers; 0: never. */
  readonly endsAfter: number;
}

/** The error that the program throws on purpose. */
export class Intended extends Error {}

interface Opened {
  readonly endpoint: StackEndpoint;
  readonly exporter: DmaBufExporter;
  readonly clock: Clock;
  readonly plan: StreamPlan;
  /** A number that no other transfer has. */
  readonly nextNumber: () => number;
}

/** One stream with its pool, its operators and its subscriber. */
abstract class StressStream<T extends TransferCompletion> {
  readonly plan: StreamPlan;
  readonly pool: BufferPool;
  readonly statistics = new StreamStatistics();
  readonly again = new Subject<void>();
  /** Unexpected errors. */
  readonly mistakes: unknown[] = [];
  #values = 0;
  #subscriptions: { unsubscribe(): void }[] = [];

  constructor({ exporter, plan }: Opened) {
    this.plan = plan;
    this.pool = BufferPool.allocate(exporter, { count: plan.buffers, size: LONGEST });
  }

  protected abstract open(): Observable<T | readonly T[]>;
  protected abstract heard(completion: T): void;
  protected atEnd(): void {}

  get subscribed(): boolean {
    return this.#subscriptions.length > 0;
  }

  subscribe(): void {
    if (this.subscribed) return;
    const stream = this.#operated(defer(() => this.open()));
    this.#subscriptions = [this.#listen(stream, true)];
    if (this.plan.operator === 'share') this.#subscriptions.push(this.#listen(stream, false));
  }

  unsubscribe(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }

  #operated(stream: Observable<T | readonly T[]>): Observable<T | readonly T[]> {
    switch (this.plan.operator) {
      case 'none':
        return stream;
      case 'take':
        return stream.pipe(take(3));
      case 'switchMap':
        return this.again.pipe(
          startWith(undefined),
          switchMap(() => stream),
        );
      case 'retry':
        return stream.pipe(retry(2));
      case 'share':
        return stream.pipe(share());
    }
  }

  #listen(stream: Observable<T | readonly T[]>, first: boolean) {
    return stream.subscribe({
      next: (value) => {
        if (!first) return;
        for (const completion of [value].flat() as T[]) this.heard(completion);
        const { throwsAt } = this.plan;
        if (throwsAt > 0 && ++this.#values % throwsAt === 0) throw new Intended('the subscriber throws');
      },
      complete: () => {
        if (first) this.atEnd();
      },
      error: (error) => {
        if (first) this.atEnd();
        if (!isKernelError(error) && !(error instanceof Intended)) this.mistakes.push(error);
      },
    });
  }
}

/** Sends what it is told to. */
export class Sender extends StressStream<TransferCompletion> {
  source = new Subject<{ buffer: DmaBuf; length: number }>();
  /** Bytes of each transfer that completed well, by its number, in order. */
  readonly sent = new Map<number, number>();
  readonly #opened: Opened;
  readonly #numbers = new Map<DmaBuf, number>();

  constructor(opened: Opened) {
    super(opened);
    this.#opened = opened;
  }

  emit(number: number, length: number): void {
    if (!this.source.observed) return;
    const buffer = this.pool.tryAcquire(`transfer ${number}`);
    if (buffer === undefined) return;
    this.#numbers.set(buffer, number);
    writeWords(buffer.bytes(), number, length);
    this.source.next({ buffer, length });
  }

  protected open() {
    const { endpoint, clock, plan } = this.#opened;
    if (this.source.closed || this.source.isStopped) this.source = new Subject();
    const options = { ...plan, clock, statistics: this.statistics, returnTo: this.pool };
    return transferTo(endpoint as StackEndpoint<'in'>, { ...options, batched: plan.batched as true })(this.source);
  }

  /** The source is faster than its end. */
  protected override atEnd(): void {
    this.emit(this.#opened.nextNumber(), 4);
  }

  protected heard({ buffer, requested, status }: TransferCompletion): void {
    const number = this.#numbers.get(buffer);
    if (number === undefined) throw new TypeError('a buffer has completed that was not sent');
    if (status !== 'ok') return;
    if (this.sent.has(number)) throw new TypeError('a transfer has completed twice');
    this.sent.set(number, requested);
  }
}

/** Receives, and holds what it got until it is told to release it. */
export class Receiver extends StressStream<ReceivedTransfer> {
  readonly held: ReceivedTransfer[] = [];
  readonly #opened: Opened;
  /** The words of the transfers that ended well, in order. */
  readonly got: number[] = [];

  constructor(opened: Opened) {
    super(opened);
    this.#opened = opened;
    const buffers = Array.from({ length: this.pool.count }, () => this.pool.tryAcquire()!);
    for (const buffer of buffers) buffer.bytes().fill(BLANK);
    for (const buffer of buffers) this.pool.release(buffer);
  }

  release(): void {
    const received = this.held.shift();
    received?.buffer.bytes().fill(BLANK);
    received?.release();
  }

  protected open() {
    const { endpoint, clock, plan } = this.#opened;
    const { endsAfter } = plan;
    const length = (sequence: number) => (endsAfter > 0 && sequence >= endsAfter ? 0 : LONGEST);
    const options = { ...plan, clock, statistics: this.statistics, length };
    return receiveFrom(endpoint as StackEndpoint<'out'>, this.pool, { ...options, batched: plan.batched as true });
  }

  protected heard(received: ReceivedTransfer): void {
    this.held.push(received);
    if (received.status !== 'ok') return;
    const { actual } = received;
    const words = readWords(received.buffer.bytes().subarray(0, actual === 'unknown' ? LONGEST : actual));
    // A buffer that an unsubscribed stream gave back may have old words behind the new ones.
    const end = words.findIndex((word, at) => at > 0 && !follows(words[at - 1]!, word));
    this.got.push(...(end < 0 || actual !== 'unknown' ? words : words.slice(0, end)));
  }
}
