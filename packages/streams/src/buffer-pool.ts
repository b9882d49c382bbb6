import { type Clock, InputError, type TraceSink } from '@gadgetloom/core';
import type { DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import { atLeastOne } from './engine-options.ts';

/** Options of a {@link BufferPool}. */
export interface BufferPoolOptions {
  /** With `true`, closing the pool closes the buffers. `false` unless given. */
  readonly owned?: boolean;
  /** With a clock, the pool records when each buffer was acquired. */
  readonly clock?: Clock;
  readonly trace?: TraceSink | undefined;
}

/** The buffers of a new pool. */
export interface AllocatePoolOptions extends Omit<BufferPoolOptions, 'owned'> {
  /** Number of buffers, at least 1. */
  readonly count: number;
  /** Bytes of each buffer, at least 1. Heaps round up to whole pages. */
  readonly size: number;
  /** The buffers are named `NAME 0`, `NAME 1` ... */
  readonly name?: string;
}

/** A buffer that is out of the pool. */
export interface HeldBuffer {
  readonly buffer: DmaBuf;
  /** The holder's name, as given when the buffer was acquired. */
  readonly holder: string | undefined;
  /** Time in nanoseconds of the pool's clock, if it has one. */
  readonly since: number | undefined;
}

/** The state of a pool's buffers. */
export interface PoolReport {
  /** Number of all buffers. */
  readonly count: number;
  /** Buffers that nobody holds. */
  readonly free: number;
  /** Requests that wait for a buffer. */
  readonly waiting: number;
  readonly held: readonly HeldBuffer[];
}

/** Gets a buffer when one is free. It is an object and not a promise, for callers that wait often. */
export interface BufferTaker {
  readonly holder?: string;
  /** Called from inside {@link BufferPool.release}. */
  take(buffer: DmaBuf): void;
  /** The pool was closed, and no buffer will come. */
  poolClosed?(error: Error): void;
}

/** The part of AbortSignal that the pool uses. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** Calls back on abort, as `AbortSignal` does. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Undoes {@link addEventListener}. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface Place {
  readonly buffer: DmaBuf;
  free: boolean;
  holder: string | undefined;
  since: number | undefined;
}

/**
 * A fixed set of buffers that are used again and again. A buffer has one holder from `acquire` to `release`. The pool
 * serves waiting requests in order.
 *
 * `using pool = ...` closes it.
 */
export class BufferPool implements Disposable {
  readonly #places = new Map<DmaBuf, Place>();
  readonly #free: Place[] = [];
  readonly #takers: BufferTaker[] = [];
  readonly #owned: boolean;
  readonly #clock: Clock | undefined;
  readonly #trace: TraceSink | undefined;
  #closed = false;

  /** @throws InputError there are no buffers, or one is listed twice */
  constructor(buffers: Iterable<DmaBuf>, options: BufferPoolOptions = {}) {
    this.#owned = options.owned ?? false;
    this.#clock = options.clock;
    this.#trace = options.trace;
    for (const buffer of buffers) {
      if (this.#places.has(buffer))
        throw new InputError('The pool was given the same buffer twice. Pass each buffer once.');
      const place: Place = { buffer, free: true, holder: undefined, since: undefined };
      this.#places.set(buffer, place);
      this.#free.push(place);
    }
    if (this.#places.size === 0) throw new InputError('The pool was given no buffers. Pass at least one.');
  }

  /**
   * Makes a pool of newly allocated buffers. The pool owns them.
   *
   * @throws InputError count or size is invalid; KernelError the exporter failed, and no buffer is kept
   */
  static allocate(exporter: DmaBufExporter, options: AllocatePoolOptions): BufferPool {
    const { count, size, name, ...rest } = options;
    atLeastOne('count', count);
    atLeastOne('size', size);
    const buffers: DmaBuf[] = [];
    try {
      for (let index = 0; index < count; index++)
        buffers.push(exporter.allocate(name === undefined ? { size } : { size, name: `${name} ${index}` }));
      return new BufferPool(buffers, { ...rest, owned: true });
    } catch (error) {
      for (const buffer of buffers) buffer.close();
      throw error;
    }
  }

  /** Number of buffers, free or not. */
  get count(): number {
    return this.#places.size;
  }

  /** Bytes of the smallest buffer. */
  get bufferSize(): number {
    return Math.min(...[...this.#places.keys()].map(({ size }) => size));
  }

  /** Buffers that nobody holds. */
  get free(): number {
    return this.#free.length;
  }

  /** Acquires the buffer released last. Returns `undefined` if none is free, or if others already wait. */
  tryAcquire(holder?: string): DmaBuf | undefined {
    if (this.#closed) throw closedError();
    const place = this.#free.pop();
    return place === undefined ? undefined : this.#hold(place, holder);
  }

  /**
   * Acquires a buffer as soon as one is free.
   *
   * @throws Error the pool is closed, before or while waiting; or the signal's reason
   */
  acquire(options: { readonly holder?: string; readonly signal?: CancelSignal } = {}): Promise<DmaBuf> {
    const { holder, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason;
      const buffer = this.tryAcquire(holder);
      if (buffer !== undefined) {
        resolve(buffer);
        return;
      }
      const abort = (): void => {
        signal?.removeEventListener('abort', abort);
        this.cancelWait(taker);
        reject(signal?.reason);
      };
      const taker: BufferTaker = {
        ...(holder === undefined ? {} : { holder }),
        take: (taken) => {
          signal?.removeEventListener('abort', abort);
          resolve(taken);
        },
        poolClosed: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort);
      this.wait(taker);
    });
  }

  /** Queues a taker for the next buffer. Call {@link tryAcquire} first. */
  wait(taker: BufferTaker): void {
    if (this.#closed) throw closedError();
    this.#takers.push(taker);
  }

  /** Removes a taker from the queue. Does nothing if it is not queued. */
  cancelWait(taker: BufferTaker): void {
    const at = this.#takers.indexOf(taker);
    if (at >= 0) this.#takers.splice(at, 1);
  }

  /**
   * Returns a buffer to the pool, or gives it to the first waiting taker.
   *
   * @throws InputError the buffer does not belong to this pool, or nobody holds it
   */
  release(buffer: DmaBuf): void {
    const place = this.#places.get(buffer);
    if (place === undefined)
      throw new InputError('The released buffer does not belong to this pool. Release it to its own pool.');
    if (place.free)
      throw new InputError('The buffer was already released, and another user may have it now. Release it once.');
    if (this.#takers.length > 0) {
      const taker = this.#takers.shift()!;
      taker.take(this.#hold(place, taker.holder));
      return;
    }
    place.free = true;
    place.holder = undefined;
    if (!this.#closed) this.#free.push(place);
    else if (this.#owned) buffer.close();
  }

  /** Reports the state of the buffers. A buffer that is held when none should be is a leak. */
  report(): PoolReport {
    const held = [...this.#places.values()].filter(({ free }) => !free);
    return {
      count: this.count,
      free: this.#free.length,
      waiting: this.#takers.length,
      held: held.map(({ buffer, holder, since }) => ({ buffer, holder, since })),
    };
  }

  /**
   * Closes the pool. Waiting requests fail. A pool that owns its buffers closes the free ones now and the held ones
   * when they are released. A second call does nothing.
   *
   * @returns the state of the buffers at this time
   */
  close(): PoolReport {
    const report = this.report();
    if (this.#closed) return report;
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker.poolClosed?.(closedError());
    for (const { buffer } of this.#free.splice(0)) if (this.#owned) buffer.close();
    for (const { buffer, holder } of report.held) this.#traceLeak(buffer, holder);
    return report;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #hold(place: Place, holder: string | undefined): DmaBuf {
    place.free = false;
    place.holder = holder;
    place.since = this.#clock?.now();
    return place.buffer;
  }

  #traceLeak(buffer: DmaBuf, holder: string | undefined): void {
    const details = { buffer: buffer.name, fd: buffer.fd, holder };
    this.#trace?.event({ at: this.#clock?.now() ?? 0, source: 'streams', what: 'buffer held at close', details });
  }
}

function closedError(): Error {
  return new Error('The buffer pool is closed.');
}
