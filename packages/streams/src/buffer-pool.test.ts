import { InputError, KernelError, TraceRecorder, VirtualClock } from '@gadgetloom/core';
import type { DmaBuf, DmaBufExporter } from '@gadgetloom/dmabuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { BufferPool } from './buffer-pool.ts';

describe('a buffer pool', () => {
  it('lends each buffer to one holder at a time', () => {
    const pool = new BufferPool(fakeBuffers(2));
    const lent = [pool.tryAcquire(), pool.tryAcquire()];
    expect(new Set(lent).size).toBe(2);
    expect(pool.tryAcquire()).toBeUndefined();
    pool.release(lent[0]!);
    expect(pool.tryAcquire()).toBe(lent[0]);
  });

  it('serves those who wait in order', async () => {
    const pool = new BufferPool(fakeBuffers(1));
    const buffer = await pool.acquire();
    const served: string[] = [];
    const first = pool.acquire().then(() => served.push('first'));
    const second = pool.acquire().then(() => served.push('second'));
    pool.release(buffer);
    await first;
    expect(served).toEqual(['first']);
    pool.release(buffer);
    await second;
    expect(served).toEqual(['first', 'second']);
  });

  it('serves takers, without a promise, from inside the release', () => {
    const pool = new BufferPool(fakeBuffers(1));
    const buffer = pool.tryAcquire()!;
    const taken: DmaBuf[] = [];
    const taker = { take: (given: DmaBuf) => taken.push(given) };
    pool.wait(taker);
    pool.release(buffer);
    expect(taken).toEqual([buffer]);
    pool.wait(taker);
    pool.cancelWait(taker);
    pool.cancelWait(taker);
    pool.release(buffer);
    expect(taken).toEqual([buffer]);
    expect(pool.free).toBe(1);
  });

  it('lets a request be aborted, and loses no buffer to it', async () => {
    const pool = new BufferPool(fakeBuffers(1));
    const buffer = pool.tryAcquire()!;
    const abort = new AbortController();
    const request = pool.acquire({ signal: abort.signal });
    abort.abort(new Error('no longer needed'));
    await expect(request).rejects.toThrow('no longer needed');
    await expect(pool.acquire({ signal: abort.signal })).rejects.toThrow('no longer needed');
    pool.release(buffer);
    expect(pool.free).toBe(1);
  });

  it('serves a request whose signal stays quiet', async () => {
    const pool = new BufferPool(fakeBuffers(1));
    const buffer = pool.tryAcquire()!;
    const abort = new AbortController();
    const request = pool.acquire({ signal: abort.signal });
    pool.release(buffer);
    expect(await request).toBe(buffer);
    abort.abort();
    expect(pool.report().held.length).toBe(1);
  });

  it('reports who holds what, since when', () => {
    const clock = new VirtualClock({ auto: false });
    const pool = new BufferPool(fakeBuffers(2), { clock });
    const buffer = pool.tryAcquire('the camera')!;
    void clock.advance(5);
    pool.wait({ take: () => {} });
    expect(pool.report()).toEqual({
      count: 2,
      free: 1,
      waiting: 1,
      held: [{ buffer, holder: 'the camera', since: 0 }],
    });
  });

  it('rejects what does not belong to it, and what it has', () => {
    const pool = new BufferPool(fakeBuffers(1));
    const buffer = pool.tryAcquire()!;
    pool.release(buffer);
    expect(() => pool.release(buffer)).toThrow(InputError);
    expect(() => pool.release(buffer)).toThrow('already released');
    expect(() => pool.release(new FakeBuffer())).toThrow('does not belong');
  });

  it('cannot be empty or have a buffer twice', () => {
    const [buffer] = fakeBuffers(1);
    expect(() => new BufferPool([])).toThrow('at least one');
    expect(() => new BufferPool([buffer!, buffer!])).toThrow('twice');
  });

  it('tells the size of its smallest buffer', () => {
    expect(new BufferPool([new FakeBuffer(512), new FakeBuffer(100)]).bufferSize).toBe(100);
  });
});

describe('closing a pool', () => {
  it('closes the buffers it owns, and a held one when it comes back', () => {
    const buffers = fakeBuffers(2);
    const trace = new TraceRecorder();
    const pool = new BufferPool(buffers, { owned: true, trace });
    const held = pool.tryAcquire('somebody')!;
    const [idle] = buffers.filter((buffer) => buffer !== held);
    expect(pool.close().held).toMatchObject([{ buffer: held, holder: 'somebody' }]);
    expect(idle?.fd).toBe(-1);
    expect(held.fd).not.toBe(-1);
    expect(trace.events).toMatchObject([{ what: 'buffer held at close', details: { holder: 'somebody' } }]);
    pool.release(held);
    expect(held.fd).toBe(-1);
    expect(pool.close().held).toEqual([]);
  });

  it('leaves buffers open that it does not own', () => {
    const [buffer] = fakeBuffers(1);
    {
      using pool = new BufferPool([buffer!]);
      expect(pool.count).toBe(1);
    }
    expect(buffer?.fd).not.toBe(-1);
  });

  it('fails whoever waits, and whoever comes later', async () => {
    const pool = new BufferPool(fakeBuffers(1));
    pool.tryAcquire();
    const request = pool.acquire({ signal: new AbortController().signal });
    pool.wait({ take: () => {} });
    pool.close();
    await expect(request).rejects.toThrow('closed');
    await expect(pool.acquire()).rejects.toThrow('closed');
    expect(() => pool.tryAcquire()).toThrow('closed');
    expect(() => pool.wait({ take: () => {} })).toThrow('closed');
  });
});

describe('allocating a pool', () => {
  const exporter = (limit = Number.POSITIVE_INFINITY) => {
    const made: FakeBuffer[] = [];
    const allocate: DmaBufExporter['allocate'] = ({ size, name }) => {
      if (made.length >= limit) throw new KernelError('ENOMEM', 'DMA_HEAP_IOCTL_ALLOC');
      made.push(new FakeBuffer(size, name));
      return made.at(-1)!;
    };
    return { name: 'fake', allocate, made };
  };

  it('makes buffers that are closed with it', () => {
    const heap = exporter();
    BufferPool.allocate(heap, { count: 2, size: 512, name: 'samples' }).close();
    expect(heap.made).toMatchObject([
      { name: 'samples 0', size: 512, fd: -1 },
      { name: 'samples 1', size: 512, fd: -1 },
    ]);
  });

  it('leaves nothing behind when it fails half way', () => {
    const heap = exporter(2);
    expect(() => BufferPool.allocate(heap, { count: 3, size: 512 })).toThrow('ENOMEM');
    expect(heap.made.map(({ fd }) => fd)).toEqual([-1, -1]);
  });

  it('names the number that is wrong', () => {
    expect(() => BufferPool.allocate(exporter(), { count: 0, size: 512 })).toThrow('count is 0');
    expect(() => BufferPool.allocate(exporter(), { count: 1, size: 0.5 })).toThrow('size is 0.5');
  });
});

it('a buffer is always free or held by one, whatever is asked in whatever order', () => {
  const actions = fc.array(fc.constantFrom('acquire', 'wait', 'cancel', 'release'), { maxLength: 60 });
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 4 }), (steps, count) => {
      const pool = new BufferPool(fakeBuffers(count));
      const held: DmaBuf[] = [];
      const waiting: { take(buffer: DmaBuf): void }[] = [];
      for (const step of steps) {
        if (step === 'acquire') {
          const buffer = pool.tryAcquire();
          if (buffer !== undefined) held.push(buffer);
        } else if (step === 'wait' && pool.free === 0) {
          const taker = {
            take: (buffer: DmaBuf) => {
              waiting.splice(waiting.indexOf(taker), 1);
              held.push(buffer);
            },
          };
          waiting.push(taker);
          pool.wait(taker);
        } else if (step === 'cancel' && waiting[0] !== undefined) pool.cancelWait(waiting.shift()!);
        else if (step === 'release' && held[0] !== undefined) pool.release(held.shift()!);
        expect(new Set(held).size).toBe(held.length);
        expect(pool.free + held.length).toBe(count);
        expect(pool.report().waiting).toBe(waiting.length);
      }
    }),
    { seed: 1 },
  );
});
