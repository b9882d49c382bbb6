import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { InputError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { BufferPool, BufferSlice } from '@gadgetloom/streams';
import type { TransferPlan } from './plan.ts';

/** Fills buffers of a pool from a file, directly from the disk, and hashes the bytes. */
export class FileSource {
  readonly #file: FileHandle;
  readonly #pool: BufferPool;
  readonly #plan: TransferPlan;
  readonly #hash: Hash = createHash('sha256');
  /** Position of the next byte. The file may have just been written, with its own position at the end. */
  #position = 0;

  constructor(file: FileHandle, pool: BufferPool, plan: TransferPlan) {
    this.#file = file;
    this.#pool = pool;
    this.#plan = plan;
  }

  /** Returns the SHA-256 of the bytes that were read. Callers must call it once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Yields one buffer for each transfer of the plan. @throws InputError the file became shorter while it was read */
  async *slices(signal: AbortSignal): AsyncGenerator<BufferSlice> {
    for (let sequence = 0; sequence < this.#plan.count; ) {
      const buffers = await this.#acquire(this.#plan.count - sequence, signal);
      try {
        const views = buffers.map((buffer, at) => buffer.bytes().subarray(0, this.#plan.length(sequence + at)));
        await Promise.all(buffers.map((buffer) => buffer.beginCpuAccess('write')));
        await this.#read(views);
        for (const [at, buffer] of buffers.entries()) {
          this.#hash.update(views[at]!);
          buffer.endCpuAccess('write');
        }
        while (buffers.length > 0) {
          sequence++;
          yield { buffer: buffers.shift()!, length: this.#plan.length(sequence - 1) };
        }
      } finally {
        for (const buffer of buffers) this.#pool.release(buffer);
      }
    }
  }

  /** Acquires all free buffers up to `most`, and at least one: fewer reads are faster. */
  async #acquire(most: number, signal: AbortSignal): Promise<DmaBuf[]> {
    const buffers = [await this.#pool.acquire({ holder: 'file', signal })];
    while (buffers.length < most) {
      const buffer = this.#pool.tryAcquire('file');
      if (buffer === undefined) break;
      buffers.push(buffer);
    }
    return buffers;
  }

  async #read(views: readonly Uint8Array[]): Promise<void> {
    let rest = [...views];
    while (rest.length > 0) {
      let { bytesRead } = await this.#file.readv(rest, this.#position);
      if (bytesRead === 0)
        throw new InputError(
          `The input ended after ${this.#position} of ${this.#plan.total} bytes: it became shorter while it was read. ` +
            'Run again when nothing writes to it.',
        );
      this.#position += bytesRead;
      while (rest[0] && bytesRead >= rest[0].length) bytesRead -= rest.shift()!.length;
      if (bytesRead > 0) rest = [rest[0]!.subarray(bytesRead), ...rest.slice(1)];
    }
  }
}
