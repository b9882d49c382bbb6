import { copyBytes, InputError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { BufferPool } from './buffer-pool.ts';
import type { BufferSlice } from './buffer-source.ts';
import { type Framing, PREFIX_SIZE } from './framing.ts';

/** Bytes in pieces of any size: a file, a socket, an array of arrays. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Copies bytes into buffers of the pool, one transfer each, between begin and end of CPU access. The
 * consumer returns each buffer to the pool.
 *
 * @param size bytes of a full transfer
 * @throws InputError the source has more or fewer bytes than the framing allows
 */
export async function* fillBuffers(
  source: ByteSource,
  pool: BufferPool,
  framing: Framing,
  size: number,
): AsyncGenerator<BufferSlice, void, void> {
  const start = framing.kind === 'length-prefix' ? PREFIX_SIZE : 0;
  let buffer: DmaBuf | undefined;
  let at = start;
  let total = 0;
  try {
    for await (const chunk of source) {
      total += chunk.length;
      checkNotTooMuch(framing, total);
      for (let from = 0; from < chunk.length; ) {
        buffer ??= await openBuffer(pool);
        const count = Math.min(size - at, chunk.length - from);
        copyBytes(buffer.bytes(), at, chunk, from, from + count);
        from += count;
        at += count;
        if (at < size) continue;
        const full = close(buffer, framing, at, size);
        buffer = undefined;
        at = start;
        yield full;
      }
    }
    checkComplete(framing, total, at);
    if (buffer !== undefined) {
      const rest = close(buffer, framing, at, size);
      buffer = undefined;
      yield rest;
    }
    if (framing.kind === 'length-prefix') yield close(await openBuffer(pool), framing, start, size);
  } finally {
    if (buffer !== undefined) {
      buffer.endCpuAccess('write');
      pool.release(buffer);
    }
  }
}

async function openBuffer(pool: BufferPool): Promise<DmaBuf> {
  const buffer = pool.tryAcquire('sendBytes') ?? (await pool.acquire({ holder: 'sendBytes' }));
  try {
    await buffer.beginCpuAccess('write');
  } catch (error) {
    pool.release(buffer);
    throw error;
  }
  return buffer;
}

/** Completes a transfer whose bytes up to `end` are filled. */
function close(buffer: DmaBuf, framing: Framing, end: number, size: number): BufferSlice {
  const prefixed = framing.kind === 'length-prefix';
  if (prefixed) {
    const bytes = buffer.bytes();
    new DataView(bytes.buffer, bytes.byteOffset, PREFIX_SIZE).setUint32(0, end - PREFIX_SIZE, true);
    // The host must not see the old contents of the buffer.
    bytes.fill(0, end, size);
  }
  buffer.endCpuAccess('write');
  return { buffer, length: prefixed ? size : end };
}

function checkNotTooMuch(framing: Framing, total: number): void {
  if (framing.kind === 'total' && total > framing.total)
    throw new InputError(`The source has more than the ${framing.total} bytes that were announced.`, {
      field: 'total',
    });
}

function checkComplete(framing: Framing, total: number, at: number): void {
  if (framing.kind === 'total' && total < framing.total)
    throw new InputError(`The source ended after ${total} of the ${framing.total} bytes that were announced.`, {
      field: 'total',
    });
  if (framing.kind === 'fixed' && at > 0)
    throw new InputError(`The source ended within a record: ${at} of ${framing.length} bytes.`, { field: 'length' });
}
