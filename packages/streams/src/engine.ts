import { type Clock, Errno } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile, EndpointUser } from '@gadgetloom/functionfs';
import { BufferLine } from './buffer-line.ts';
import type { TransferCompletion } from './completion.ts';
import { type CompleteOptions, completeOptions, type EngineOptions } from './engine-options.ts';
import { disabledError, transferError } from './refusal.ts';
import type { StreamStatistics } from './statistics.ts';
import { describeTransfer, OVER, QUEUED, READY, type Transfer } from './transfer.ts';
import { TransferRing } from './transfer-ring.ts';
import { TransferStarter } from './transfer-starter.ts';

/** Receives the completions. The engine never calls it from inside a call to the engine. */
export interface TransferSink<C extends TransferCompletion = TransferCompletion> {
  /** Called for each completed transfer, in the order of submission. It may submit more. */
  completed(completion: C): void;
  /** Called after a batch. The completions since the last call belong to it. */
  batchEnd?(): void;
  /** Called last, when nothing is in flight or attached. `error` is set if the stream failed. */
  closed?(error: unknown): void;
}

/**
 * Submits buffers to an endpoint and reports the end of each transfer, exactly once and in order. The streams are
 * built on it; use it directly if you want callbacks. The kernel has up to `depth` transfers, never two of one buffer.
 * All other buffers wait in the queue.
 *
 * It never blocks in the kernel: it waits asynchronously for endpoints that are not enabled and buffers in use.
 */
export class TransferEngine<C extends TransferCompletion = TransferCompletion> implements EndpointUser {
  readonly endpoint: EndpointFile;
  readonly statistics: StreamStatistics;
  /** Resolves when {@link TransferSink.closed} has been called. */
  readonly closed: Promise<void>;

  readonly #options: CompleteOptions;
  readonly #clock: Clock;
  readonly #sink: TransferSink<C>;
  readonly #describe: (transfer: Transfer) => C;
  readonly #starter: TransferStarter;
  readonly #line = new BufferLine();
  readonly #ring: TransferRing;
  #sequence = 0;
  /** No transfer of the ring before this position is READY. */
  #next = 0;
  /** True while transfers that a disable cancelled wait to be started again. Nothing may overtake them. */
  #rewinding = false;
  #scheduled = false;
  #batchOpen = false;
  #finishing = false;
  #stopping = false;
  #failure: unknown;
  readonly #closedBefore: boolean;
  #resolveClosed: (() => void) | undefined;

  /**
   * @param describe makes the completion of a transfer; the transfer itself is only valid during the call
   * @throws InputError an option that is not allowed
   */
  constructor(
    endpoint: EndpointFile,
    sink: TransferSink<C>,
    options: EngineOptions = {},
    describe: (transfer: Transfer) => C = describeTransfer as (transfer: Transfer) => C,
  ) {
    this.#options = completeOptions(options);
    this.endpoint = endpoint;
    this.#closedBefore = endpoint.closing;
    this.statistics = this.#options.statistics;
    this.#clock = this.#options.clock;
    this.#sink = sink;
    this.#describe = describe;
    this.#ring = new TransferRing(this.#options.depth, endpoint.gadgetName, this.#transferOver);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#starter = new TransferStarter(endpoint, this.#options, {
      user: this,
      fail: (error) => this.cancel(this.#ownerCloses() ? undefined : error),
      trace: (what) => this.#trace(what),
    });
    endpoint.use.users.add(this);
    this.#starter.open();
  }

  /** Number of buffers that were submitted and are not back. */
  get outstanding(): number {
    return this.#ring.count + this.#line.count;
  }

  /** Number of queued buffers, which have no place among the `depth` transfers yet. */
  get waiting(): number {
    return this.#line.count;
  }

  /** True once the engine was cancelled or has failed. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Starts waiting transfers, oldest first. Engines and gates that held them up call it. */
  startMore(): void {
    this.#next = 0;
    this.#pump();
  }

  /**
   * Takes a buffer, to transfer its first `length` bytes. It comes back with its completion, also when the kernel
   * refuses it, or when the stream has been cancelled or has failed and is about to close.
   *
   * @throws Error after {@link finish}, and once closed
   */
  submit(buffer: DmaBuf, length: number = buffer.size): void {
    if (this.#finishing || this.#resolveClosed === undefined)
      throw new Error('This stream has ended and takes no more buffers.');
    // Fast path: most often no buffer waits before it.
    if (this.#line.count === 0 && this.#takesMore) this.#ring.push(buffer, length, this.#sequence++);
    else this.#line.push(buffer, length);
    if (this.#stopping) this.#schedule();
    else this.#pump();
  }

  /** Removes the oldest buffer from the queue. Returns `undefined` if none is {@link waiting}. */
  withdraw(): DmaBuf | undefined {
    return this.#line.shift();
  }

  /** Accepts no more buffers, and closes when all transfers are over. */
  finish(): void {
    this.#finishing = true;
    this.#schedule();
  }

  /** Cancels everything and closes, with `error` if there is one. Each transfer is still reported. */
  cancel(error?: unknown): void {
    if (this.#stopping || this.#resolveClosed === undefined) return;
    this.#stopping = true;
    this.#failure = error;
    this.#trace('cancel');
    this.#starter.stop();
    // Cancels the newest first, so that no transfer reaches the wire while the ones before it are cancelled.
    for (let position = this.#ring.count - 1; position >= 0; position--) {
      const transfer = this.#ring.at(position);
      if (transfer.state === READY) transfer.withdraw(this.#clock.now());
      else this.#letGo(() => this.#starter.letGo(transfer));
    }
    this.#letGo(() => this.#starter.detachIdle());
    this.#schedule();
  }

  readonly #transferOver = (transfer: Transfer): void => {
    const wasQueued = transfer.state === QUEUED;
    if (wasQueued) this.statistics.inFlight--;
    transfer.state = OVER;
    if (transfer.completedAt < 0) transfer.completedAt = this.#clock.now();
    if (wasQueued && transfer.status === -Errno.ESHUTDOWN) this.#disabled();
    this.#schedule();
  };

  /** A disable ends the `depth` oldest transfers, whether the kernel has them or not: both paths lose as many. */
  #disabled(): void {
    this.#starter.disabled();
    this.#rewinding = this.#options.onDisable === 'replay';
    if (!this.#rewinding) this.#withdraw(-Errno.ESHUTDOWN);
  }

  /** Everything in the ring has been started, and there is room for another transfer. */
  get #takesMore(): boolean {
    return this.#next === this.#ring.count && !this.#ring.full && !this.#rewinding && !this.#stopping;
  }

  #pump(): void {
    const ring = this.#ring;
    while (!this.#rewinding && !this.#stopping) {
      if (this.#next === ring.count) {
        if (ring.full || this.#line.count === 0) return;
        this.#pushFirst();
      }
      const transfer = ring.at(this.#next);
      if (transfer.state !== READY) this.#next++;
      else if (!this.#starter.start(transfer)) return;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(this.#drain);
  }

  readonly #drain = (): void => {
    this.#scheduled = false;
    let done = false;
    try {
      this.#deliver();
      done = true;
    } finally {
      // If the sink throws, the remaining completions are still delivered.
      if (!done) this.#schedule();
    }
  };

  #deliver(): void {
    const ring = this.#ring;
    for (;;) {
      if (this.#stopping) this.#withdraw(-Errno.ECANCELED);
      if (ring.count === 0) break;
      const transfer = ring.at(0);
      if (transfer.state !== OVER) break;
      if (transfer.status !== 0 && !this.#stopping) {
        const disabled = transfer.status === -Errno.ESHUTDOWN;
        if (disabled && this.#options.onDisable === 'replay') {
          this.#rewind();
          break;
        }
        if (disabled && this.#options.onDisable === 'fail') this.cancel(disabledError(this.endpoint.gadgetName));
        else if (this.#options.onFailure === 'fail') this.cancel(transferError(transfer));
      }
      this.#retire(transfer);
    }
    this.#pump();
    if (this.#batchOpen) {
      this.#batchOpen = false;
      this.#sink.batchEnd?.();
    }
    if ((this.#stopping || this.#finishing) && this.outstanding === 0) this.#close();
  }

  #retire(transfer: Transfer): void {
    const completion = this.#describe(transfer);
    transfer.leaveAttachment();
    this.#ring.shift();
    this.#next = Math.max(0, this.#next - 1);
    const { statistics } = this;
    statistics.transfers++;
    if (transfer.status === 0) statistics.bytes += transfer.actual < 0 ? transfer.length : transfer.actual;
    else statistics.errors++;
    this.#batchOpen = true;
    this.#sink.completed(completion);
  }

  /** Makes transfers that a disable cancelled READY again, once all of them are back. */
  #rewind(): void {
    const ring = this.#ring;
    for (let position = 0; position < ring.count; position++) if (ring.at(position).state === QUEUED) return;
    for (let position = 0; position < ring.count; position++) {
      const transfer = ring.at(position);
      if (transfer.state !== OVER || transfer.status !== -Errno.ESHUTDOWN) continue;
      transfer.rewind();
      this.statistics.replayed++;
    }
    this.#next = 0;
    this.#rewinding = false;
    this.#trace('replay');
  }

  /** Ends the transfers of the ring that were not started. Queued buffers follow when there is room. */
  #withdraw(status: number): void {
    while (!this.#ring.full && this.#line.count > 0) this.#pushFirst();
    for (let position = 0; position < this.#ring.count; position++) {
      const transfer = this.#ring.at(position);
      if (transfer.state === READY) transfer.withdraw(this.#clock.now(), status);
    }
  }

  #pushFirst(): void {
    const length = this.#line.firstLength;
    this.#ring.push(this.#line.shift()!, length, this.#sequence++);
  }

  /** A program that closes its own stack does not make the stream fail, unless an option is `'fail'`. */
  #ownerCloses(): boolean {
    const { onDisable, onFailure } = this.#options;
    return this.endpoint.closing && !this.#closedBefore && onDisable !== 'fail' && onFailure !== 'fail';
  }

  #letGo(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #close(): void {
    const resolve = this.#resolveClosed;
    if (resolve === undefined) return;
    this.#resolveClosed = undefined;
    this.#starter.stop();
    this.#letGo(() => this.#starter.detachIdle());
    this.endpoint.use.users.delete(this);
    resolve();
    this.#trace('closed');
    this.#sink.closed?.(this.#failure);
  }

  #trace(what: string): void {
    const { trace } = this.#options;
    if (trace === undefined) return;
    const details = { endpoint: this.endpoint.gadgetName, outstanding: this.outstanding };
    trace.event({ at: this.#clock.now(), source: 'streams', what, details });
  }
}
