import { InputError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { type Observable, Subscriber } from 'rxjs';

/** The first `length` bytes of a buffer. */
export interface BufferSlice {
  readonly buffer: DmaBuf;
  /** Bytes, 1 to the buffer's size. */
  readonly length: number;
}

/** An item to transfer: a whole buffer, or its first bytes. */
export type TransferInput = DmaBuf | BufferSlice;

/** A source of buffers. The stream asks an AsyncIterable for the next buffer only when it has room for it. */
export type BufferSource = Observable<TransferInput> | AsyncIterable<TransferInput>;

/** The receiver of a source's buffers. */
export interface SourceTarget {
  /** True if there is room for another buffer. */
  readonly hasRoom: boolean;
  accept(buffer: DmaBuf, length: number): void;
  /** Gets buffers that come after {@link SourceFeed.stop}. */
  giveBack(buffer: DmaBuf): void;
  sourceCompleted(): void;
  sourceFailed(error: unknown): void;
}

/** A source that has been started. */
export interface SourceFeed {
  /** Asks the target's `hasRoom` again. */
  roomChanged(): void;
  stop(): void;
}

export function startSource(source: BufferSource, target: SourceTarget): SourceFeed {
  return 'subscribe' in source ? new PushFeed(source, target) : new PullFeed(source, target);
}

function pass(input: TransferInput, target: SourceTarget): void {
  const buffer = (input as BufferSlice | undefined)?.buffer;
  if (buffer !== undefined) target.accept(buffer, (input as BufferSlice).length);
  else if (typeof (input as DmaBuf | undefined)?.size === 'number')
    target.accept(input as DmaBuf, (input as DmaBuf).size);
  else
    target.sourceFailed(
      new InputError('The source emitted neither a DmaBuf nor { buffer, length }. Emit one of these.'),
    );
}

function bufferOf(input: TransferInput): DmaBuf {
  return (input as Partial<BufferSlice>).buffer ?? (input as DmaBuf);
}

/** It is a Subscriber, as in rxjs's own operators, because a plain observer would be called through two more layers. */
class PushFeed extends Subscriber<TransferInput> implements SourceFeed {
  readonly #target: SourceTarget;

  constructor(source: Observable<TransferInput>, target: SourceTarget) {
    super();
    this.#target = target;
    source.subscribe(this);
  }

  roomChanged(): void {}

  stop(): void {
    this.unsubscribe();
  }

  override next(input: TransferInput): void {
    try {
      if (this.closed) this.#target.giveBack(bufferOf(input));
      else pass(input, this.#target);
    } catch (error) {
      this.error(error);
    }
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.#target.sourceFailed(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.#target.sourceCompleted();
  }
}

class PullFeed implements SourceFeed {
  readonly #iterator: AsyncIterator<TransferInput>;
  readonly #target: SourceTarget;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(source: AsyncIterable<TransferInput>, target: SourceTarget) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#target = target;
    void this.#run();
  }

  roomChanged(): void {
    if (this.#wake !== undefined && this.#target.hasRoom) this.#goOn();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#goOn();
    void this.#iterator.return?.();
  }

  #goOn(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        while (!this.#stopped && !this.#target.hasRoom) await this.#room();
        if (this.#stopped) return;
        const next = await this.#iterator.next();
        if (this.#stopped) {
          if (!next.done) this.#target.giveBack(bufferOf(next.value));
          return;
        }
        if (next.done) break;
        pass(next.value, this.#target);
      }
      this.#stopped = true;
      this.#target.sourceCompleted();
    } catch (error) {
      // Errors of a stopped source are ignored.
      if (this.#stopped) return;
      this.#stopped = true;
      this.#target.sourceFailed(error);
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
