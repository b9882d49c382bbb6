import { InputError, VirtualClock } from '@gadgetloom/core';
import { map, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { listen, outcome } from '../test/listen.ts';
import { BufferPool } from './buffer-pool.ts';
import { type ReceiveOptions, receiveFrom } from './receive-from.ts';
import { settled } from './settled.ts';
import { StreamStatistics } from './statistics.ts';

function setUp(count = 4, endpoint = new FakeEndpoint('out', 'ep2')) {
  const clock = new VirtualClock({ auto: false });
  const statistics = new StreamStatistics();
  const pool = new BufferPool(fakeBuffers(count));
  const idle = () => clock.advance(0);
  const receive = (options: ReceiveOptions = {}) => receiveFrom(endpoint, pool, { clock, statistics, ...options });
  const inFlight = () => endpoint.pending.map(({ buffer }) => buffer.name);
  return { clock, endpoint, statistics, pool, idle, receive, inFlight };
}

describe('receiveFrom', () => {
  it('keeps `depth` buffers queued and emits what was received', async () => {
    const { endpoint, receive, idle, inFlight, pool } = setUp(4);
    const { heard } = listen(receive({ depth: 2 }));
    await idle();
    expect(inFlight().length).toBe(2);
    endpoint.complete();
    await idle();
    expect(heard).toMatchObject([{ sequence: 0, status: 'ok', actual: 'unknown', requested: 512, path: 'dmabuf' }]);
    expect(inFlight().length).toBe(2);
    expect(pool.free).toBe(1);
  });

  it('reuses a buffer once it is released', async () => {
    const { endpoint, receive, idle, inFlight } = setUp(1);
    const { heard } = listen(receive());
    await idle();
    endpoint.complete();
    await idle();
    expect(inFlight(), 'the host is kept waiting').toEqual([]);
    heard[0]?.release();
    expect(inFlight()).toEqual(['a']);
    heard[0]?.release();
    expect(inFlight(), 'releasing twice is harmless').toEqual(['a']);
  });

  it('can be released from inside the subscriber, by hand or with `using`', async () => {
    const { endpoint, receive, idle, statistics } = setUp(2);
    receive({ depth: 2 }).subscribe((received) => {
      using owned = received;
      expect(owned.status).toBe('ok');
    });
    await idle();
    for (let round = 0; round < 10; round++) {
      endpoint.complete();
      await idle();
    }
    expect(statistics.transfers).toBe(10);
  });

  it('can receive less than a whole buffer', async () => {
    const { endpoint, receive, idle } = setUp(1);
    listen(receive({ length: 100 }));
    await idle();
    expect(endpoint.calls.at(-1)).toBe('transfer a 100');
  });

  it('asks for the length of each transfer, and completes when there is none', async () => {
    const { endpoint, receive, idle } = setUp(4);
    const { heard, ends } = listen(receive({ length: (sequence) => [512, 512, 7][sequence] ?? 0 }));
    await idle();
    expect(endpoint.pending.map(({ length }) => length)).toEqual([512, 512, 7]);
    endpoint.completeAll();
    await idle();
    expect(heard.map(({ requested }) => requested)).toEqual([512, 512, 7]);
    expect(ends).toEqual(['complete']);
  });

  it('emits arrays, if asked to', async () => {
    const { endpoint, pool, clock, idle } = setUp(4);
    const { heard } = listen(
      receiveFrom(endpoint, pool, { clock, batched: true, depth: 3 }).pipe(map((batch) => batch.map(outcome))),
    );
    await idle();
    endpoint.complete();
    endpoint.complete();
    await idle();
    expect(heard).toEqual([['d ok', 'c ok']]);
  });

  it('copies where it has to, and then knows how much has come', async () => {
    const { endpoint, receive, idle } = setUp(2);
    endpoint.scatterGather = false;
    const { heard } = listen(receive({ scatterGather: false }));
    await idle();
    endpoint.completeCopy(3);
    await idle();
    expect(heard).toMatchObject([{ actual: 3, path: 'copy' }]);
  });

  it('follows the policy when the endpoint is disabled', async () => {
    for (const [onDisable, first] of [
      ['drop', 'b ESHUTDOWN'],
      ['replay', 'b ok'],
    ] as const) {
      const { endpoint, receive, idle } = setUp(2);
      const { heard } = listen(receive({ onDisable }).pipe(map(outcome)));
      await idle();
      endpoint.disable();
      await idle();
      endpoint.enable();
      await idle();
      endpoint.completeAll();
      await idle();
      expect(heard[0]).toBe(first);
    }
  });
});

describe('the end of a stream', () => {
  it('by unsubscribing gives every buffer back that was not emitted', async () => {
    const { endpoint, receive, idle, pool } = setUp(4);
    const { heard, subscription } = listen(receive({ depth: 2 }));
    await idle();
    endpoint.complete();
    await idle();
    subscription.unsubscribe();
    await settled(endpoint);
    expect(pool.report().held.map(({ buffer }) => buffer)).toEqual([heard[0]?.buffer]);
    expect(endpoint.attached).toEqual([]);
    heard[0]?.release();
    expect(pool.free).toBe(4);
  });

  it('by unsubscribing from inside the subscriber gives back what came after', async () => {
    const { endpoint, receive, idle, pool } = setUp(4);
    const { heard } = listen(receive().pipe(take(1)));
    await idle();
    endpoint.completeAll();
    await settled(endpoint);
    expect(heard.length).toBe(1);
    expect(pool.free).toBe(3);
  });

  it('while it waits for a buffer leaves the line', async () => {
    const { endpoint, receive, idle, pool } = setUp(1);
    const { subscription, heard } = listen(receive());
    await idle();
    endpoint.complete();
    await idle();
    expect(pool.report().waiting).toBe(1);
    subscription.unsubscribe();
    expect(pool.report().waiting).toBe(0);
    heard[0]?.release();
    expect(pool.free).toBe(1);
  });

  it.each([
    ['while it waits for a buffer', 4, 0],
    ['before it needs another one', 2, 1],
  ])('comes when the pool is closed %s', async (_, depth, completions) => {
    const { endpoint, receive, idle, pool } = setUp(2);
    const { ends } = listen(receive({ depth }));
    await idle();
    pool.close();
    if (completions > 0) endpoint.complete();
    await idle();
    expect(ends).toMatchObject([{ message: 'The buffer pool is closed.' }]);
  });

  it('comes when the kernel refuses a transfer: it would refuse the next as well', async () => {
    const { receive, idle } = setUp(2);
    const { heard, ends } = listen(receive({ length: 513 }).pipe(map(outcome)));
    await idle();
    expect(heard).toEqual(['b EINVAL', 'a EINVAL']);
    expect(ends).toMatchObject([{ code: 'EINVAL' }]);
  });

  it.each([-1, 1.5, Number.NaN])('comes when the length of a transfer is %d', async (length) => {
    const { receive, idle } = setUp(2);
    const { ends } = listen(receive({ length: () => length }));
    await idle();
    expect(ends).toMatchObject([{ name: 'InputError', field: 'length' }]);
  });

  it('comes when the endpoint is disabled, if that is the policy', async () => {
    const { endpoint, receive, idle, pool } = setUp(2);
    const { heard, ends } = listen(receive({ onDisable: 'fail' }));
    await idle();
    endpoint.disable();
    await idle();
    for (const received of heard) received.release();
    expect(heard.map(({ status }) => status)).toEqual(['ESHUTDOWN', 'ESHUTDOWN']);
    expect(ends).toMatchObject([{ code: 'ESHUTDOWN' }]);
    expect(pool.free).toBe(2);
  });
});

describe('a subscriber that is slow', () => {
  async function flood(options: ReceiveOptions, count = 4) {
    const { endpoint, receive, idle, statistics } = setUp(count);
    const { heard } = listen(receive({ depth: 1, ...options }));
    await idle();
    for (let round = 0; round < 6 && endpoint.pending.length > 0; round++) {
      endpoint.complete();
      await idle();
    }
    const received = statistics.transfers;
    for (let next = 0; next < heard.length; next++) heard[next]?.release();
    return { heard: heard.map(({ sequence }) => sequence), received, dropped: statistics.dropped };
  }

  it('has every buffer at once, unless there is a window', async () => {
    expect(await flood({})).toEqual({ heard: [0, 1, 2, 3], received: 4, dropped: 0 });
  });

  it('gets the next when it has released one, within its window', async () => {
    const { endpoint, receive, idle } = setUp(4);
    const { heard } = listen(receive({ depth: 4, window: 1 }));
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard.length).toBe(1);
    heard[0]?.release();
    expect(heard.map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it('gets batches within its window', async () => {
    const { endpoint, pool, clock, idle } = setUp(4);
    const { heard } = listen(receiveFrom(endpoint, pool, { clock, batched: true, window: 3 }));
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard.map((batch) => batch.length)).toEqual([3]);
    heard[0]?.[0]?.release();
    expect(heard.map((batch) => batch.length)).toEqual([3, 1]);
  });

  it('keeps the host waiting: block', async () => {
    expect(await flood({ window: 1, backPressure: 'block' })).toMatchObject({ received: 4, dropped: 0 });
  });

  it('misses the oldest: drop-oldest', async () => {
    const { heard, received, dropped } = await flood({ backPressure: 'drop-oldest' });
    expect({ heard, received, dropped }).toEqual({ heard: [0, 4, 5], received: 6, dropped: 3 });
  });

  it('misses the newest: drop-newest', async () => {
    const { heard, received, dropped } = await flood({ backPressure: 'drop-newest' });
    expect({ heard, received, dropped }).toEqual({ heard: [0, 1, 2], received: 6, dropped: 3 });
  });

  it('costs no buffer when a stream that waits for one of the pool recycles one instead, and ends', async () => {
    const { endpoint, pool, receive, idle } = setUp(2);
    const length = (sequence: number) => (sequence < 4 ? 512 : 0);
    const { heard, ends } = listen(receive({ depth: 2, window: 1, backPressure: 'drop-oldest', length }));
    await idle();
    for (let transfer = 0; transfer < 3; transfer++) {
      endpoint.complete();
      await idle();
    }
    heard[0]?.release();
    endpoint.complete();
    await idle();
    heard[1]?.release();
    expect(ends).toEqual(['complete']);
    expect(pool.report()).toMatchObject({ free: 2, waiting: 0 });
  });

  it('gets what has been received before the end, when it is ready for it', async () => {
    const { endpoint, receive, idle } = setUp(4);
    const { heard, ends } = listen(receive({ window: 1, length: (sequence) => (sequence < 3 ? 512 : 0) }));
    await idle();
    endpoint.completeAll();
    await idle();
    expect([heard.length, ends]).toEqual([1, []]);
    heard[0]?.release();
    heard[1]?.release();
    expect([heard.length, ends]).toEqual([3, ['complete']]);
  });

  it('that leaves loses what waits in the stream, and the pool gets it back', async () => {
    const { endpoint, receive, idle, pool } = setUp(4);
    const { heard, subscription } = listen(receive({ window: 1 }));
    await idle();
    endpoint.completeAll();
    await idle();
    subscription.unsubscribe();
    await settled(endpoint);
    heard[0]?.release();
    expect([heard.length, pool.free]).toEqual([1, 4]);
  });
});

describe('what cannot be', () => {
  const pool = new BufferPool(fakeBuffers(1));
  it.each<[ReceiveOptions, string]>([
    [{ window: 0 }, 'window is 0'],
    [{ length: 0 }, 'length is 0'],
    [{ depth: -1 }, 'depth is -1'],
    [{ backPressure: 'drop' as 'block' }, "backPressure is 'drop'"],
  ])('is said when the stream is made: %o', (options, message) => {
    expect(() => receiveFrom(new FakeEndpoint('out'), pool, options)).toThrow(message);
  });

  it('is receiving from an IN endpoint', () => {
    const make = () => receiveFrom(new FakeEndpoint('in', 'ep1'), pool);
    expect(make).toThrow(InputError);
    expect(make).toThrow('ep1 is an IN endpoint');
  });
});
