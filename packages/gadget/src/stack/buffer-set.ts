import { InputError } from '@gadgetloom/core';
import type { DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';

/** The number of buffers and their size. */
export interface AllocateBuffers {
  /** Number of buffers, at least 1. */
  readonly count: number;
  /** Bytes of each buffer, at least 1. Heaps round up to whole pages. */
  readonly size: number;
  /** Name of all buffers, at most 31 characters. */
  readonly name?: string;
}

/** A set of buffers. Disposing detaches them from every endpoint of the stack and closes them. */
export class BufferSet implements Iterable<DmaBuf>, AsyncDisposable {
  readonly #buffers: readonly DmaBuf[];
  readonly #release: (buffer: DmaBuf) => void;
  readonly #onClose: () => void;
  #closed = false;

  /**
   * @param release detaches a buffer wherever it is attached
   * @param onClose called once, when the buffers are closed
   * @throws InputError count or size is not a whole number from 1 on
   * @throws KernelError the exporter failed; the buffers made before are closed
   */
  constructor(
    exporter: DmaBufExporter,
    options: AllocateBuffers,
    release: (buffer: DmaBuf) => void,
    onClose: () => void,
  ) {
    for (const field of ['count', 'size'] as const)
      if (!Number.isSafeInteger(options[field]) || options[field] < 1)
        throw new InputError(`${field} is ${options[field]}; allowed is a whole number from 1 on.`, { field });
    const { count, size, name } = options;
    const buffers: DmaBuf[] = [];
    try {
      while (buffers.length < count) buffers.push(exporter.allocate({ size, ...(name !== undefined && { name }) }));
    } catch (refusal) {
      for (const buffer of buffers) buffer.close();
      throw refusal;
    }
    this.#buffers = buffers;
    this.#release = release;
    this.#onClose = onClose;
  }

  /** Number of buffers. It is not called `length`, because RxJS would take the set for an array. */
  get count(): number {
    return this.#buffers.length;
  }

  /**
   * @param index from 0; negative numbers count from the end
   * @throws InputError there is no such buffer
   */
  at(index: number): DmaBuf {
    const buffer = this.#buffers.at(index);
    if (buffer !== undefined) return buffer;
    throw new InputError(`there is no buffer ${index}; this set has ${this.#buffers.length}.`, { field: 'index' });
  }

  [Symbol.iterator](): IterableIterator<DmaBuf> {
    return this.#buffers[Symbol.iterator]();
  }

  /** Detaches and closes all buffers, which cancels their transfers. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    const failures: unknown[] = [];
    for (const buffer of this.#buffers) {
      try {
        this.#release(buffer);
      } catch (failure) {
        failures.push(failure);
      }
      buffer.close();
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} buffers could not be detached.`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
