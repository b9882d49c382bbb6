import { InputError, KernelError, VirtualClock } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { listen, outcome } from '../test/listen.ts';
import { BufferPool } from './buffer-pool.ts';
import type { ByteSource } from './fill-buffers.ts';
import type { Framing } from './framing.ts';
import { collectBytes, type ReceiveBytesOptions, receiveBytes } from './receive-bytes.ts';
import { sendBytes } from './send-bytes.ts';

const numbers = (count: number, from = 0) => Uint8Array.from({ length: count }, (_, index) => (from + index) & 0xff);

function setUp(direction: 'in' | 'out', count = 3, size = 8) {
  const clock = new VirtualClock({ auto: false });
  const endpoint = new FakeEndpoint(direction);
  const pool = new BufferPool(fakeBuffers(count, size));
  return { clock, endpoint, pool, idle: () => clock.advance(0) };
}

/** Sends, and gives what a host reads: one array per transfer. */
async function sent(source: ByteSource, framing: Framing, transferSize?: number, depth?: number) {
  const { clock, endpoint, pool, idle } = setUp('in');
  const options = { clock, framing, ...(transferSize && { transferSize }), ...(depth && { depth }) };
  const { ends, heard } = listen(sendBytes(endpoint, pool, source, options));
  const wire: Uint8Array[] = [];
  for (await idle(); endpoint.pending.length > 0; await idle()) {
    const { buffer, length } = endpoint.pending[0]!;
    wire.push(buffer.memory.slice(0, length));
    endpoint.complete();
  }
  return { wire, ends, heard, free: pool.free };
}

/** Receives what a host writes, one array per transfer, by DMA or through read(2). */
async function received(wire: readonly Uint8Array[], options: ReceiveBytesOptions, path: 'dmabuf' | 'copy' = 'dmabuf') {
  const { clock, endpoint, pool, idle } = setUp('out');
  const reading = collect(receiveBytes(endpoint, pool, { clock, scatterGather: path === 'dmabuf', ...options }));
  for (const bytes of wire) {
    await idle();
    (path === 'dmabuf' ? endpoint.pending[0]!.buffer.memory : endpoint.copies[0]!.bytes).set(bytes);
    if (path === 'dmabuf') endpoint.complete();
    else endpoint.completeCopy(bytes.length);
  }
  return { ...(await reading), free: pool.free, attached: endpoint.attached };
}

async function collect(source: AsyncIterable<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of source) chunks.push(chunk);
    return { chunks, error: undefined };
  } catch (error) {
    return { chunks, error };
  }
}

const bytesOf = (chunks: readonly Uint8Array[]) => chunks.flatMap((chunk) => [...chunk]);

describe('sending bytes', () => {
  it('with a total: full transfers, and a last one with the rest', async () => {
    const { wire, ends, free } = await sent([numbers(5), numbers(5, 5), numbers(10, 10)], { kind: 'total', total: 20 });
    expect(wire.map(({ length }) => length)).toEqual([8, 8, 4]);
    expect(bytesOf(wire)).toEqual([...numbers(20)]);
    expect([ends, free]).toEqual([['complete'], 3]);
  });

  it('with a length prefix: every transfer is full, and an empty one is the end', async () => {
    const { wire, ends } = await sent([numbers(6, 1)], { kind: 'length-prefix' });
    expect(wire.map((bytes) => [...bytes])).toEqual([
      [4, 0, 0, 0, 1, 2, 3, 4],
      [2, 0, 0, 0, 5, 6, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(ends).toEqual(['complete']);
  });

  it('with a length prefix shows nothing of what a buffer held before', async () => {
    const { wire } = await sent([numbers(16, 100), numbers(1)], { kind: 'length-prefix' }, 8, 1);
    expect([...wire.at(-2)!]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect([...wire.at(-1)!]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('in records of a fixed length', async () => {
    const { wire, ends } = await sent([numbers(4), numbers(2, 4)], { kind: 'fixed', length: 3 });
    expect(wire.map((bytes) => [...bytes])).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(ends).toEqual(['complete']);
  });

  it.each<[string, Framing, string]>([
    ['more than announced', { kind: 'total', total: 9 }, 'more than the 9 bytes'],
    ['less than announced', { kind: 'total', total: 11 }, 'after 10 of the 11 bytes'],
    ['half a record', { kind: 'fixed', length: 4 }, 'within a record: 2 of 4 bytes'],
  ])('fails for %s, with all buffers back', async (_, framing, message) => {
    const { ends, free } = await sent([numbers(10)], framing);
    expect(ends).toMatchObject([{ name: 'InputError', message: expect.stringContaining(message) }]);
    expect(free).toBe(3);
  });

  it('fails with its source, with all buffers back', async () => {
    async function* broken() {
      yield numbers(3);
      throw new Error('the disk is gone');
    }
    const { ends, free } = await sent(broken(), { kind: 'length-prefix' });
    expect(ends).toEqual([new Error('the disk is gone')]);
    expect(free).toBe(3);
  });

  it('fails with the first transfer that fails', async () => {
    const { clock, endpoint, pool, idle } = setUp('in');
    const framing = { kind: 'total', total: 100 } as const;
    const { heard, ends } = listen(sendBytes(endpoint, pool, [numbers(100)], { clock, framing, depth: 2 }));
    await idle();
    endpoint.complete('EPROTO');
    await idle();
    expect(heard.map(outcome)[0]).toMatch(/EPROTO$/);
    expect(ends).toMatchObject([{ code: 'EPROTO', message: expect.stringContaining('transfer 0 through ep1') }]);
    await idle();
    expect(pool.free).toBe(3);
  });

  it('reads the source no faster than the host reads', async () => {
    const { clock, endpoint, pool, idle } = setUp('in');
    let read = 0;
    async function* source() {
      for (; ; read++) yield numbers(8);
    }
    const { subscription } = listen(sendBytes(endpoint, pool, source(), { clock, framing: { kind: 'length-prefix' } }));
    await idle();
    expect(read).toBeLessThan(4);
    subscription.unsubscribe();
    await idle();
    expect(pool.free).toBe(3);
  });

  it('survives a disable with replay', async () => {
    const { clock, endpoint, pool, idle } = setUp('in');
    const framing = { kind: 'total', total: 16 } as const;
    const { ends } = listen(sendBytes(endpoint, pool, [numbers(16)], { clock, framing, onDisable: 'replay' }));
    await idle();
    endpoint.disable();
    await idle();
    endpoint.enable();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(ends).toEqual(['complete']);
  });

  it('gives a buffer back that the CPU may not touch', async () => {
    const { clock, endpoint, pool, idle } = setUp('in', 1);
    vi.spyOn(FakeBuffer.prototype, 'beginCpuAccess').mockRejectedValueOnce(
      new KernelError('EBADF', 'DMA_BUF_IOCTL_SYNC'),
    );
    const { ends } = listen(sendBytes(endpoint, pool, [numbers(1)], { clock, framing: { kind: 'length-prefix' } }));
    await idle();
    expect(ends).toMatchObject([{ code: 'EBADF' }]);
    expect(pool.free).toBe(1);
  });
});

describe('receiving bytes', () => {
  it('with a total: ends when it has come', async () => {
    const wire = [numbers(8), numbers(8, 8), numbers(4, 16)];
    const result = await received(wire, { framing: { kind: 'total', total: 20 } });
    expect(bytesOf(result.chunks)).toEqual([...numbers(20)]);
    expect(result).toMatchObject({ error: undefined, free: 3, attached: [] });
  });

  it('with a length prefix: ends with the empty one, and cancels what is queued beyond', async () => {
    const wire = [Uint8Array.of(3, 0, 0, 0, 7, 8, 9, 0), Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1)];
    const result = await received(wire, { framing: { kind: 'length-prefix' } });
    expect(bytesOf(result.chunks)).toEqual([7, 8, 9]);
    expect(result).toMatchObject({ error: undefined, free: 3, attached: [] });
  });

  it('nothing at all, at once', async () => {
    const result = await received([], { framing: { kind: 'total', total: 0 } });
    expect(result).toMatchObject({ chunks: [], error: undefined, free: 3 });
  });

  it('with another framing than the host uses is noticed', async () => {
    const wire = [Uint8Array.of(5, 0, 0, 0, 1, 1, 1, 1)];
    const { error, free } = await received(wire, { framing: { kind: 'length-prefix' } });
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: expect.stringContaining('claims 5 bytes and has room for 4') });
    expect(free).toBe(3);
  });

  it.each<[Framing, string]>([
    [{ kind: 'total', total: 20 }, 'has 3 bytes'],
    [{ kind: 'fixed', length: 8 }, 'has 3 bytes'],
    [{ kind: 'length-prefix' }, 'no room for a length prefix'],
  ])('a short packet is noticed where the kernel tells of it: %o', async (framing, message) => {
    const { error } = await received([numbers(3)], { framing }, 'copy');
    expect(error).toMatchObject({ name: 'InputError', message: expect.stringContaining(message) });
  });

  it('fails with the first transfer that fails, with all buffers back', async () => {
    const { clock, endpoint, pool, idle } = setUp('out');
    const reading = collect(receiveBytes(endpoint, pool, { clock, framing: { kind: 'fixed', length: 8 } }));
    await idle();
    endpoint.complete();
    endpoint.complete('EOVERFLOW');
    const { chunks, error } = await reading;
    expect(chunks.length).toBe(1);
    expect(error).toMatchObject({ code: 'EOVERFLOW' });
    expect(pool.free).toBe(3);
  });

  it('gives views of the buffers if asked to, valid until the next one', async () => {
    const { clock, endpoint, pool, idle } = setUp('out', 1);
    const options = { clock, framing: { kind: 'fixed', length: 8 }, copy: false } as const;
    const chunks = receiveBytes(endpoint, pool, options)[Symbol.asyncIterator]();
    const first = chunks.next();
    await idle();
    const { buffer } = endpoint.pending[0]!;
    endpoint.complete();
    expect((await first).value?.buffer).toBe(buffer.memory.buffer);
    expect(buffer.access, 'the CPU reads').toBe('read');
    const second = chunks.next();
    await idle();
    expect(buffer.access).toBeUndefined();
    endpoint.complete();
    await second;
    await chunks.return?.();
    expect(pool.free).toBe(1);
  });

  it('collects everything in one array', async () => {
    const { clock, endpoint, pool, idle } = setUp('out');
    const collecting = collectBytes(endpoint, pool, { clock, framing: { kind: 'total', total: 12 } });
    await idle();
    for (const { buffer } of endpoint.pending) buffer.memory.fill(5);
    endpoint.completeAll();
    expect(await collecting).toEqual(new Uint8Array(12).fill(5));
  });
});

describe('what cannot be', () => {
  const pool = new BufferPool(fakeBuffers(1, 8));
  it.each<[Framing, number | undefined, string]>([
    [{ kind: 'total', total: -1 }, undefined, 'total is -1'],
    [{ kind: 'total', total: 1.5 }, undefined, 'total is 1.5'],
    [{ kind: 'fixed', length: 9 }, undefined, 'length is 9. Pass 1 to 8'],
    [{ kind: 'fixed', length: 0 }, undefined, 'length is 0'],
    [{ kind: 'length-prefix' }, 4, 'transferSize is 4. Pass 5 to 8'],
    [{ kind: 'total', total: 1 }, 9, 'transferSize is 9. Pass 1 to 8'],
  ])('is said at once: %o in transfers of %s', (framing, transferSize, message) => {
    const options = { framing, ...(transferSize !== undefined && { transferSize }) };
    expect(() => sendBytes(new FakeEndpoint('in'), pool, [], options)).toThrow(message);
    expect(() => receiveBytes(new FakeEndpoint('out'), pool, options)).toThrow(message);
  });

  it('is the wrong direction', () => {
    const framing = { kind: 'length-prefix' } as const;
    expect(() => sendBytes(new FakeEndpoint('out'), pool, [], { framing })).toThrow('is an OUT endpoint');
    expect(() => receiveBytes(new FakeEndpoint('in'), pool, { framing })).toThrow('is an IN endpoint');
  });
});

it('what was sent is what is received, however it was cut', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  const kinds = fc.constantFrom('total' as const, 'length-prefix' as const);
  await fc.assert(
    fc.asyncProperty(chunks, kinds, fc.integer({ min: 5, max: 8 }), fc.boolean(), async (source, kind, size, copy) => {
      const bytes = bytesOf(source);
      const framing: Framing = kind === 'total' ? { kind, total: bytes.length } : { kind };
      const { wire, ends } = await sent(source, framing, size);
      expect(ends).toEqual(['complete']);
      const path = copy ? 'copy' : 'dmabuf';
      const result = await received(wire, { framing, transferSize: size }, path);
      expect(result.error).toBeUndefined();
      expect(bytesOf(result.chunks)).toEqual(bytes);
      expect(result.free).toBe(3);
    }),
    { seed: 5, numRuns: 60 },
  );
});
