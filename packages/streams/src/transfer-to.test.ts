import { InputError, VirtualClock } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { EMPTY, from, map, NEVER, type Observable, Subject, switchMap, take, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { listen, outcome } from '../test/listen.ts';
import { BufferPool } from './buffer-pool.ts';
import type { TransferInput } from './buffer-source.ts';
import { settled } from './settled.ts';
import { StreamStatistics } from './statistics.ts';
import { type TransferToOptions, transferTo } from './transfer-to.ts';

function setUp(endpoint = new FakeEndpoint()) {
  const clock = new VirtualClock({ auto: false });
  const statistics = new StreamStatistics();
  const idle = () => clock.advance(0);
  const through = (options: TransferToOptions = {}) => transferTo(endpoint, { clock, statistics, ...options });
  return { clock, endpoint, statistics, idle, through };
}

/** Gets buffers back. */
class Returns {
  readonly buffers: DmaBuf[] = [];

  release(buffer: DmaBuf): void {
    this.buffers.push(buffer);
  }
}

describe('transferTo', () => {
  it('turns buffers into completions, and completes when all are over', async () => {
    const { endpoint, through, idle } = setUp();
    const { heard, ends } = listen(from(fakeBuffers(3)).pipe(through(), map(outcome)));
    await idle();
    endpoint.complete();
    endpoint.complete('EPIPE');
    await idle();
    expect(heard).toEqual(['a ok', 'b EPIPE']);
    expect(ends).toEqual([]);
    endpoint.complete();
    await idle();
    expect(heard).toEqual(['a ok', 'b EPIPE', 'c ok']);
    expect(ends).toEqual(['complete']);
    expect(endpoint.attached).toEqual([]);
  });

  it('takes the beginning of a buffer as well', async () => {
    const { endpoint, through, idle } = setUp();
    const [buffer] = fakeBuffers(1);
    listen(from([{ buffer: buffer!, length: 7 }]).pipe(through()));
    await idle();
    expect(endpoint.calls).toEqual(['attach a', 'transfer a 7']);
  });

  it('completes at once if the source is empty', async () => {
    const { through, idle } = setUp();
    const { ends } = listen(EMPTY.pipe(through()));
    await idle();
    expect(ends).toEqual(['complete']);
  });

  it('serves each subscription on its own', async () => {
    const { endpoint, through, idle } = setUp();
    const [a, b] = fakeBuffers(2);
    const sources = [from([a!]), from([b!])];
    const heard = sources.map((source) => listen(source.pipe(through(), map(outcome))).heard);
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard).toEqual([['a ok'], ['b ok']]);
  });

  it('emits what completed together as one array, if asked to', async () => {
    const { endpoint, clock, idle } = setUp();
    const returnTo = new Returns();
    const batches = from(fakeBuffers(4)).pipe(transferTo(endpoint, { clock, batched: true, returnTo }));
    const { heard } = listen(batches.pipe(map((batch) => batch.map(outcome))));
    await idle();
    endpoint.complete();
    endpoint.complete();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard).toEqual([
      ['a ok', 'b ok'],
      ['c ok', 'd ok'],
    ]);
    expect(returnTo.buffers.length).toBe(4);
  });

  it.each(['a buffer', undefined, {}])('fails when the source emits something else: %o', async (input) => {
    const { through, idle } = setUp();
    const { ends } = listen(from([input as unknown as TransferInput]).pipe(through()));
    await idle();
    expect(ends).toMatchObject([{ name: 'InputError', message: expect.stringContaining('{ buffer, length }') }]);
  });
});

describe('when the source fails', () => {
  it('what is in flight is cancelled and reported, then the stream fails with the same error', async () => {
    const { endpoint, through, idle } = setUp();
    const source = new Subject<FakeBuffer>();
    const { heard, ends } = listen(source.pipe(through({ depth: 1 }), map(outcome)));
    await idle();
    const [a, b] = fakeBuffers(2);
    source.next(a!);
    source.next(b!);
    const failure = new Error('the disk is gone');
    source.error(failure);
    await idle();
    expect(heard).toEqual(['a ECONNRESET', 'b ECANCELED']);
    expect(ends).toEqual([failure]);
    expect(endpoint.attached).toEqual([]);
  });

  it('without saying why the stream fails all the same', async () => {
    const { through, idle } = setUp();
    const { ends } = listen(throwError(() => undefined).pipe(through()));
    await idle();
    expect(ends).toEqual([new Error('The source failed without a reason.')]);
  });

  it('before it has emitted anything the stream fails', async () => {
    const { through, idle } = setUp();
    const failure = new Error('no such file');
    const { ends } = listen(throwError(() => failure).pipe(through()));
    await idle();
    expect(ends).toEqual([failure]);
  });
});

describe('unsubscribing', () => {
  it('cancels what is in flight; `settled` tells when everything is back', async () => {
    const { endpoint, through, idle, statistics } = setUp();
    const returnTo = new Returns();
    const buffers = fakeBuffers(5);
    const { heard, ends, subscription } = listen(from(buffers).pipe(through({ depth: 2, returnTo })));
    await idle();
    subscription.unsubscribe();
    await settled(endpoint);
    expect([heard, ends]).toEqual([[], []]);
    expect(new Set(returnTo.buffers)).toEqual(new Set(buffers));
    expect(returnTo.buffers.length).toBe(5);
    expect(endpoint.attached).toEqual([]);
    expect(statistics.inFlight).toBe(0);
  });

  it('from inside a completion loses nothing', async () => {
    const { endpoint, through, idle } = setUp();
    const returnTo = new Returns();
    const { heard, ends } = listen(from(fakeBuffers(4)).pipe(through({ returnTo }), take(1), map(outcome)));
    await idle();
    endpoint.completeAll();
    await settled(endpoint);
    expect(heard).toEqual(['a ok']);
    expect(ends).toEqual(['complete']);
    expect(returnTo.buffers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('and subscribing again at once works on the same buffers', async () => {
    const { endpoint, through, idle } = setUp();
    const buffers = fakeBuffers(2);
    const again = new Subject<void>();
    const streams = again.pipe(switchMap(() => from(buffers).pipe(through(), map(outcome))));
    const { heard } = listen(streams);
    again.next();
    await idle();
    again.next();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard).toEqual(['a ok', 'b ok']);
  });

  it('gives back what a source emits after it was left', () => {
    const { through } = setUp();
    const returnTo = new Returns();
    const buffers = fakeBuffers(1);
    const late = { subscribe: vi.fn(() => ({ unsubscribe: () => {} })) };
    const { subscription } = listen(through({ returnTo })(late as unknown as Observable<DmaBuf>));
    subscription.unsubscribe();
    const [[observer]] = late.subscribe.mock.calls as unknown as [[{ next(buffer: DmaBuf): void }]];
    observer.next(buffers[0]!);
    expect(returnTo.buffers).toEqual(buffers);
  });
});

describe('returnTo', () => {
  it('gets each buffer after its completion was delivered', async () => {
    const { endpoint, through, idle } = setUp();
    const order: string[] = [];
    const returnTo = { release: (buffer: DmaBuf) => order.push(`${buffer.name} returned`) };
    from(fakeBuffers(2))
      .pipe(through({ returnTo }))
      .subscribe((completion) => order.push(outcome(completion)));
    await idle();
    endpoint.completeAll();
    await idle();
    expect(order).toEqual(['a ok', 'a returned', 'b ok', 'b returned']);
  });

  it('that does not want the buffer fails the stream', async () => {
    const { endpoint, through, idle } = setUp();
    const pool = new BufferPool(fakeBuffers(1));
    const { heard, ends } = listen(from(fakeBuffers(2)).pipe(through({ depth: 1, returnTo: pool }), map(outcome)));
    await idle();
    endpoint.complete();
    await idle();
    expect(heard).toEqual(['a ok', 'b ECANCELED']);
    expect(ends).toMatchObject([{ name: 'InputError', message: expect.stringContaining('does not belong') }]);
  });
});

describe('a subscriber that throws', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('loses no completion and no buffer', async () => {
    // rxjs reports it from a timer, where nobody could catch it.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { endpoint, through, idle } = setUp();
    const returnTo = new Returns();
    const heard: string[] = [];
    from(fakeBuffers(3))
      .pipe(through({ returnTo }))
      .subscribe((completion) => {
        heard.push(outcome(completion));
        throw new Error('a defect');
      });
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard).toEqual(['a ok', 'b ok', 'c ok']);
    expect(returnTo.buffers.length).toBe(3);
    expect(() => vi.runAllTimers()).toThrow('a defect');
  });
});

describe('back-pressure', () => {
  async function flood(options: TransferToOptions) {
    const { endpoint, through, idle, statistics } = setUp();
    const returnTo = new Returns();
    const source = new Subject<FakeBuffer>();
    const { heard } = listen(source.pipe(through({ depth: 1, returnTo, ...options }), map(outcome)));
    await idle();
    for (const buffer of fakeBuffers(6)) source.next(buffer);
    const dropped = returnTo.buffers.map(({ name }) => name);
    for (let round = 0; round < 6 && endpoint.pending.length > 0; round++) {
      endpoint.complete();
      await idle();
    }
    return { heard, dropped, counted: statistics.dropped };
  }

  it('block keeps everything', async () => {
    expect(await flood({ backPressure: 'block' })).toEqual({
      heard: ['a ok', 'b ok', 'c ok', 'd ok', 'e ok', 'f ok'],
      dropped: [],
      counted: 0,
    });
  });

  it('drop-oldest keeps what came last', async () => {
    expect(await flood({ backPressure: 'drop-oldest', waiting: 2 })).toEqual({
      heard: ['a ok', 'e ok', 'f ok'],
      dropped: ['b', 'c', 'd'],
      counted: 3,
    });
  });

  it('drop-newest keeps what came first', async () => {
    expect(await flood({ backPressure: 'drop-newest', waiting: 2 })).toEqual({
      heard: ['a ok', 'b ok', 'c ok'],
      dropped: ['d', 'e', 'f'],
      counted: 3,
    });
  });

  it('lets as many wait as are in flight, unless told otherwise', async () => {
    expect((await flood({ backPressure: 'drop-newest', depth: 2 })).heard).toEqual(['a ok', 'b ok', 'c ok', 'd ok']);
  });

  it('that drops needs somebody to get the buffers', () => {
    const make = () => transferTo(new FakeEndpoint(), { backPressure: 'drop-oldest' });
    expect(make).toThrow(InputError);
    expect(make).toThrow('returnTo');
  });
});

describe('an AsyncIterable as the source', () => {
  /** Lends its buffers, and counts how many it has given. */
  class Lender implements AsyncIterable<FakeBuffer> {
    given = 0;
    returned = false;
    readonly #buffers: readonly FakeBuffer[];

    constructor(buffers: readonly FakeBuffer[]) {
      this.#buffers = buffers;
    }

    async *[Symbol.asyncIterator]() {
      try {
        for (const buffer of this.#buffers) {
          this.given++;
          yield buffer;
        }
      } finally {
        this.returned = true;
      }
    }
  }

  it('is asked for the next only when there is room', async () => {
    const { endpoint, through, idle } = setUp();
    const lender = new Lender(fakeBuffers(4));
    const { heard, ends } = listen(through({ depth: 2 })(lender).pipe(map(outcome)));
    await idle();
    expect(lender.given).toBe(2);
    endpoint.complete();
    await idle();
    expect(lender.given).toBe(3);
    endpoint.completeAll();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(heard).toEqual(['a ok', 'b ok', 'c ok', 'd ok']);
    expect(ends).toEqual(['complete']);
  });

  it('is ended when the stream is unsubscribed', async () => {
    const { endpoint, through, idle } = setUp();
    const lender = new Lender(fakeBuffers(4));
    const { subscription } = listen(through({ depth: 1 })(lender));
    await idle();
    subscription.unsubscribe();
    await settled(endpoint);
    expect(lender.returned).toBe(true);
    expect(lender.given).toBe(1);
  });

  it('that answers too late gets its buffer back', async () => {
    const { through, idle } = setUp();
    const returnTo = new Returns();
    const [buffer] = fakeBuffers(1);
    let answer!: (result: IteratorResult<DmaBuf>) => void;
    const next = () => new Promise<IteratorResult<DmaBuf>>((resolve) => (answer = resolve));
    const { subscription } = listen(through({ returnTo })({ [Symbol.asyncIterator]: () => ({ next }) }));
    await idle();
    subscription.unsubscribe();
    answer({ done: false, value: buffer! });
    await idle();
    expect(returnTo.buffers).toEqual([buffer]);
  });

  it('that fails fails the stream', async () => {
    const { through, idle } = setUp();
    const failure = new Error('no more');
    const next = () => Promise.reject(failure);
    const { ends } = listen(through()({ [Symbol.asyncIterator]: () => ({ next }) }));
    await idle();
    expect(ends).toEqual([failure]);
  });

  it('that emits something else is asked no more', async () => {
    const { through, idle } = setUp();
    const lender = new Lender(['x', 'y'] as unknown as FakeBuffer[]);
    const { ends } = listen(through()(lender));
    await idle();
    expect(ends).toMatchObject([{ name: 'InputError' }]);
    expect([lender.given, lender.returned]).toEqual([1, true]);
  });

  it('is asked on and on by a policy that drops', async () => {
    const { through, idle, statistics } = setUp();
    const lender = new Lender(fakeBuffers(8));
    listen(through({ depth: 1, backPressure: 'drop-oldest', returnTo: new Returns() })(lender));
    await idle();
    expect(lender.given).toBe(8);
    expect(statistics.dropped).toBe(6);
  });
});

describe('what cannot be', () => {
  it('is said when the stream is made, not when it is subscribed', () => {
    expect(() => transferTo(new FakeEndpoint(), { depth: 0 })).toThrow('depth is 0');
    expect(() => transferTo(new FakeEndpoint(), { waiting: 0 })).toThrow('waiting is 0');
    expect(() => transferTo(new FakeEndpoint(), { backPressure: 'drop' as 'block' })).toThrow("backPressure is 'drop'");
    expect(() => transferTo(new FakeEndpoint('out'))).toThrow('ep1 is an OUT endpoint: the host sends.');
  });
});

it('a stream whose source never ends fails when the endpoint is gone', async () => {
  const { endpoint, through, idle } = setUp();
  endpoint.close();
  const { ends } = listen(NEVER.pipe(through()));
  await idle();
  expect(ends).toMatchObject([{ code: 'EBADF' }]);
});
