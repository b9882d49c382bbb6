import { VirtualClock } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { BufferPool } from './buffer-pool.ts';
import { transferTo } from './transfer-to.ts';

function setUp(onDisable: 'fail' | 'drop') {
  const clock = new VirtualClock({ auto: false });
  const endpoint = new FakeEndpoint();
  const pool = new BufferPool(fakeBuffers(3));
  const source = new Subject<DmaBuf>();
  const stream = transferTo(endpoint, { clock, onDisable, returnTo: pool })(source);
  return { clock, endpoint, pool, source, stream };
}

describe('a buffer that the source emits while the stream tells its end', () => {
  it('goes to returnTo, from inside `error`', async () => {
    const { clock, endpoint, pool, source, stream } = setUp('fail');
    const ends: unknown[] = [];
    stream.subscribe({
      error: (error) => {
        ends.push(error);
        source.next(pool.tryAcquire('late')!);
      },
    });
    source.next(pool.tryAcquire('first')!);
    await clock.advance(0);
    endpoint.disable();
    await clock.advance(0);
    expect(ends).toMatchObject([{ code: 'ESHUTDOWN' }]);
    expect(pool.report().held).toEqual([]);
  });

  it('goes to returnTo, from inside `complete`', async () => {
    const { clock, endpoint, pool, source, stream } = setUp('drop');
    let completed = 0;
    stream.subscribe({
      complete: () => {
        completed++;
        source.next(pool.tryAcquire('late')!);
      },
    });
    source.next(pool.tryAcquire('first')!);
    await clock.advance(0);
    // The owner of the endpoint closes it, which ends the stream although its source goes on.
    Object.assign(endpoint, { closing: true, gone: true });
    endpoint.disable();
    source.next(pool.tryAcquire('second')!);
    await clock.advance(0);
    expect(completed).toBe(1);
    expect(pool.report().held).toEqual([]);
  });
});
