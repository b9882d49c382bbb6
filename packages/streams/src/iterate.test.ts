import { VirtualClock } from '@gadgetloom/core';
import { concat, EMPTY, NEVER, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { BufferPool } from './buffer-pool.ts';
import { iterate } from './iterate.ts';
import { receiveFrom } from './receive-from.ts';
import { settled } from './settled.ts';

describe('iterate', () => {
  it('gives the values in order and ends with the source', async () => {
    const values: number[] = [];
    for await (const value of iterate(of(1, 2, 3))) values.push(value);
    expect(values).toEqual([1, 2, 3]);
  });

  it('ends at once with an empty source', async () => {
    const iterator = iterate(EMPTY)[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('throws what the source fails with, once, after the values before it', async () => {
    const iterator = iterate(
      concat(
        of(1),
        throwError(() => new Error('failed')),
      ),
    )[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toThrow('failed');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('answers those who ask before there is something, in order', async () => {
    const source = new Subject<number>();
    const iterator = iterate(source)[Symbol.asyncIterator]();
    const answers = [iterator.next(), iterator.next(), iterator.next()];
    source.next(1);
    source.next(2);
    source.complete();
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  it('subscribes when the first value is wanted, and unsubscribes when the loop is left', async () => {
    const source = new Subject<number>();
    const iterator = iterate(source)[Symbol.asyncIterator]();
    expect(source.observed).toBe(false);
    const first = iterator.next();
    expect(source.observed).toBe(true);
    source.next(1);
    await first;
    await iterator.return?.();
    expect(source.observed).toBe(false);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('ends for those who still wait when it is left', async () => {
    const iterator = iterate(NEVER)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it.each([false, true])('loses no buffer of receiveFrom when the loop is left (batched: %s)', async (batched) => {
    const clock = new VirtualClock();
    const endpoint = new FakeEndpoint('out');
    const pool = new BufferPool(fakeBuffers(4));
    const options = { clock, batched: batched as true };
    const received = iterate(receiveFrom(endpoint, pool, options))[Symbol.asyncIterator]();
    const first = received.next();
    await clock.advance(0);
    endpoint.complete();
    await clock.advance(0);
    await first;
    endpoint.completeAll();
    await clock.advance(0);
    await received.return?.();
    await settled(endpoint);
    expect(pool.free).toBe(3);
  });
});
