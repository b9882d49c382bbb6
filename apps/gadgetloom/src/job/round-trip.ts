import { createHash, type Hash } from 'node:crypto';
import { InputError, isKernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import {
  BufferPool,
  type DisablePolicy,
  iterate,
  type ReceivedTransfer,
  receiveFrom,
  StreamStatistics,
  settled,
  type TransferPath,
  transferTo,
} from '@gadgetloom/streams';
import { fromEvent, type Observable, of, takeUntil } from 'rxjs';
import type { OutputFile } from '../commands/run/output-file.ts';
import { formatCount, formatSize } from '../terminal/units.ts';
import type { FileSource } from './file-source.ts';
import type { TransferPlan } from './plan.ts';

export interface RoundTripOptions {
  readonly stack: Stack<GadgetDefinition>;
  readonly source: StackEndpoint;
  readonly sink: StackEndpoint;
  readonly plan: TransferPlan;
  readonly depth: number;
  readonly fallback: 'copy' | 'error';
  readonly onDisable: DisablePolicy;
  /** File for the received bytes. */
  readonly output: OutputFile | undefined;
  /** Called after each transfer that came back. */
  readonly onProgress: () => void;
}

/** Allocates the buffers. @throws InputError there is no room for them */
function allocate(stack: Stack<GadgetDefinition>, count: number, size: number): Iterable<DmaBuf> {
  try {
    return stack.allocate({ count, size });
  } catch (cause) {
    if (!isKernelError(cause)) throw cause;
    throw new InputError(
      `There is no room for ${formatCount(2 * count)} buffers of ${formatSize(size)}, ${formatCount(count)} for each endpoint ` +
        `(${cause.message}) Use a smaller --depth or --buffer-size.`,
      {},
      { cause },
    );
  }
}

/**
 * The gadget's part: sends the buffers of a source through one endpoint, and hashes the bytes that come back by the
 * other.
 */
export class RoundTrip implements AsyncDisposable {
  readonly sent: StreamStatistics = new StreamStatistics();
  readonly received: StreamStatistics = new StreamStatistics();
  /** Buffers that the source fills. */
  readonly outgoing: BufferPool;
  sentPath: TransferPath | undefined;
  receivedPath: TransferPath | undefined;
  readonly #incoming: BufferPool;
  readonly #options: RoundTripOptions;
  readonly #hash: Hash = createHash('sha256');

  constructor(options: RoundTripOptions) {
    const { stack, plan, depth } = options;
    this.#options = options;
    // Each endpoint holds `depth` buffers, and as many again are being filled or emptied. More buffers than transfers
    // are useless.
    const count = Math.min(2 * depth, plan.count);
    const pool = (): BufferPool => new BufferPool(allocate(stack, count, plan.bufferSize));
    this.outgoing = pool();
    this.#incoming = pool();
  }

  /** Returns the SHA-256 of the bytes that came back. Callers must call it once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Runs until everything came back, or until `signal` stops it. @throws the error of a stream that failed */
  async run(file: FileSource, signal: AbortSignal): Promise<void> {
    const { stack, source, sink, plan, depth, fallback, onDisable } = this.#options;
    const stream = {
      depth,
      fallback,
      onDisable,
      clock: stack.clock,
      trace: stack.trace,
      scatterGather: stack.controller.features.scatterGather,
    };
    const sending = transferTo(source, { ...stream, statistics: this.sent, returnTo: this.outgoing });
    const receiving = receiveFrom(sink, this.#incoming, {
      ...stream,
      statistics: this.received,
      length: (sequence) => plan.length(sequence),
    });
    const stopped = signal.aborted ? of(undefined) : fromEvent(signal, 'abort');
    await Promise.all([
      sending(file.slices(signal))
        .pipe(takeUntil(stopped))
        .forEach(({ path }) => {
          this.sentPath ??= path;
        }),
      this.#collect(receiving.pipe(takeUntil(stopped))),
    ]);
  }

  async #collect(receiving: Observable<ReceivedTransfer>): Promise<void> {
    const { output } = this.#options;
    for await (using received of iterate(receiving)) {
      const { buffer, requested, status, path } = received;
      this.receivedPath ??= path;
      if (status === 'ok') {
        await buffer.beginCpuAccess('read');
        const bytes = buffer.bytes().subarray(0, requested);
        this.#hash.update(bytes);
        await output?.write(bytes);
        buffer.endCpuAccess('read');
      }
      this.#options.onProgress();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([settled(this.#options.source), settled(this.#options.sink)]);
  }
}
