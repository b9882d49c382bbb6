import { InputError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { BufferPool } from './buffer-pool.ts';
import type { Towards } from './endpoint-direction.ts';
import type { EngineOptions } from './engine-options.ts';
import { type Framing, type FramingOptions, lengthOf, PREFIX_SIZE, transferSizeOf } from './framing.ts';
import { iterate } from './iterate.ts';
import { receiveFrom } from './receive-from.ts';
import type { ReceivedTransfer } from './received.ts';
import { settled } from './settled.ts';

/** A byte stream must have no gaps, so a failed transfer always ends it. */
export interface ReceiveBytesOptions extends Omit<EngineOptions, 'onFailure'>, FramingOptions {
  /**
   * `true`: each chunk is a copy that the caller owns. `false`: each chunk is a view of the buffer, which is valid
   * until the loop asks for the next one. `true` unless given.
   */
  readonly copy?: boolean;
}

/**
 * Receives bytes from the host through an OUT endpoint, one chunk per transfer. The host waits while the loop is busy.
 * When the loop ends, in whatever way, nothing is in flight and all buffers are back in the pool.
 *
 * ```ts for await (const chunk of receiveBytes(endpoint, pool, { framing: { kind: 'total', total } })) await
 * file.write(chunk); ```
 *
 * @throws InputError an option that is not allowed; while reading: the data does not fit the framing
 * @throws KernelError while reading: the status of the first transfer that failed
 */
export function receiveBytes<E extends EndpointFile>(
  endpoint: Towards<'out', E>,
  pool: BufferPool,
  options: ReceiveBytesOptions,
): AsyncIterable<Uint8Array, undefined> {
  const { framing, transferSize: _, copy = true, ...rest } = options;
  const size = transferSizeOf(options, pool.bufferSize);
  const length = (sequence: number) => lengthOf(framing, size, sequence);
  const transfers = receiveFrom(endpoint, pool, { ...rest, length, onFailure: 'fail' });
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (using received of iterate(transfers)) {
          // This makes the stream fail, after all buffers are back.
          if (received.status !== 'ok') continue;
          await received.buffer.beginCpuAccess('read');
          try {
            const payload = payloadOf(received, framing, endpoint);
            if (payload === undefined) return undefined;
            yield copy ? payload.slice() : payload;
          } finally {
            received.buffer.endCpuAccess('read');
          }
        }
      } finally {
        await settled(endpoint);
      }
      return undefined;
    },
  };
}

/**
 * Returns all bytes of {@link receiveBytes} in one array. Streams with `fixed` framing have no end, so the function does not accept them.
 */
export async function collectBytes<E extends EndpointFile>(
  endpoint: Towards<'out', E>,
  pool: BufferPool,
  options: Omit<ReceiveBytesOptions, 'copy'> & { readonly framing: Exclude<Framing, { readonly kind: 'fixed' }> },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of receiveBytes(endpoint, pool, options)) {
    chunks.push(chunk);
    total += chunk.length;
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The bytes of a transfer that count; `undefined` is the end. */
function payloadOf(received: ReceivedTransfer, framing: Framing, endpoint: EndpointFile): Uint8Array | undefined {
  const { buffer, requested, actual, sequence } = received;
  const what = `Transfer ${sequence} from ${endpoint.gadgetName}`;
  if (framing.kind !== 'length-prefix') {
    if (actual !== 'unknown' && actual !== requested)
      throw new InputError(
        `${what} has ${actual} bytes. With '${framing.kind}' framing, the host must send ${requested}.`,
      );
    return buffer.bytes().subarray(0, requested);
  }
  const bytes = buffer.bytes().subarray(0, actual === 'unknown' ? requested : actual);
  const room = bytes.length - PREFIX_SIZE;
  const count = room < 0 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (count < 0 || count > room) {
    const claim = count < 0 ? 'has no room for a length prefix' : `claims ${count} bytes and has room for ${room}`;
    throw new InputError(`${what} ${claim}. Use 'length-prefix' framing and the same transfer size on both sides.`);
  }
  return count === 0 ? undefined : bytes.subarray(PREFIX_SIZE, PREFIX_SIZE + count);
}
