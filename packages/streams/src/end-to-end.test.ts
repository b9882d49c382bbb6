import { TraceRecorder, type TraceSink } from '@gadgetloom/core';
import { from, lastValueFrom, map, NEVER, tap, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { listen } from '../test/listen.ts';
import { mockStack, pattern } from '../test/mock-stack.ts';
import { BufferPool } from './buffer-pool.ts';
import { iterate } from './iterate.ts';
import { collectBytes, receiveBytes } from './receive-bytes.ts';
import { receiveFrom } from './receive-from.ts';
import { sendBytes } from './send-bytes.ts';
import { settled } from './settled.ts';
import { StreamStatistics } from './statistics.ts';
import { transferTo } from './transfer-to.ts';

const SIZE = 4096;

async function setUp(options: Parameters<typeof mockStack>[0] = {}, count = 4, trace?: TraceSink) {
  const made = await mockStack(options, trace);
  const pool = BufferPool.allocate(made.stack.exporter, { count, size: SIZE });
  return { ...made, pool, [Symbol.asyncDispose]: () => made.stack[Symbol.asyncDispose]() };
}

type Setup = Awaited<ReturnType<typeof setUp>>;

/** Reads `length` bytes as a host does. */
async function hostReads({ host, numbers }: Pick<Setup, 'host' | 'numbers'>, length: number): Promise<number[]> {
  const bytes: number[] = [];
  while (bytes.length < length) {
    const { data } = await host.transferIn(numbers.in, Math.min(SIZE, length - bytes.length));
    bytes.push(...new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength));
  }
  return bytes;
}

async function hostWrites({ host, numbers }: Setup, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length; at += SIZE)
    await host.transferOut(numbers.out, bytes.slice(at, Math.min(at + SIZE, bytes.length)));
}

describe.each([
  ['dmabuf', true],
  ['copy', false],
] as const)('on the mock backend, path %s', (path, scatterGather) => {
  it('sends bytes to the host', async () => {
    await using setup = await setUp({ scatterGather });
    const { source, pool, clock } = setup;
    const bytes = pattern(10 * SIZE + 100);
    const statistics = new StreamStatistics();
    const framing = { kind: 'total', total: bytes.length } as const;
    const sending = lastValueFrom(sendBytes(source, pool, [bytes], { clock, framing, statistics }).pipe(toArray()));
    expect(await hostReads(setup, bytes.length)).toEqual([...bytes]);
    const completions = await sending;
    expect(completions.map(({ requested }) => requested)).toEqual([...Array(10).fill(SIZE), 100]);
    expect(new Set(completions.map((completion) => completion.path))).toEqual(new Set([path]));
    expect(new Set(completions.map(({ endpoint }) => endpoint))).toEqual(new Set(['loop.source']));
    expect(statistics).toMatchObject({ transfers: 11, bytes: bytes.length, errors: 0, inFlight: 0 });
    expect(pool.free).toBe(4);
  });

  it('receives bytes from the host', async () => {
    await using setup = await setUp({ scatterGather });
    const { sink, pool, clock } = setup;
    const bytes = pattern(10 * SIZE + 100);
    const collecting = collectBytes(sink, pool, { clock, framing: { kind: 'total', total: bytes.length } });
    await hostWrites(setup, bytes);
    expect(await collecting).toEqual(bytes);
    expect(pool.free).toBe(4);
  });

  it('sends a device’s frames back as they come', async () => {
    await using setup = await setUp({ scatterGather }, 8);
    const { source, sink, pool, clock } = setup;
    const framing = { kind: 'length-prefix' } as const;
    const echo = sendBytes(source, pool, receiveBytes(sink, pool, { clock, framing, depth: 3 }), { clock, framing });
    const { ends } = listen(echo);
    const frame = new Uint8Array(SIZE);
    frame.set([3, 0, 0, 0, 1, 2, 3]);
    await hostWrites(setup, frame);
    await hostWrites(setup, new Uint8Array(SIZE));
    expect((await hostReads(setup, SIZE)).slice(0, 8)).toEqual([3, 0, 0, 0, 1, 2, 3, 0]);
    expect((await hostReads(setup, SIZE)).slice(0, 4)).toEqual([0, 0, 0, 0]);
    await pause(setup);
    expect(ends).toEqual(['complete']);
  });

  it('unsubscribed, has nothing in flight and every buffer back', async () => {
    await using setup = await setUp({ scatterGather });
    const { source, sink, pool, clock } = setup;
    const framing = { kind: 'length-prefix' } as const;
    const sending = listen(sendBytes(source, pool, [pattern(SIZE * 9)], { clock, framing, depth: 2 }));
    const receiving = listen(receiveFrom(sink, pool, { clock, depth: 2 }));
    await pause(setup);
    expect(pool.free).toBeLessThan(4);
    sending.subscription.unsubscribe();
    receiving.subscription.unsubscribe();
    await Promise.all([settled(source), settled(sink)]);
    await pause(setup);
    expect(pool.report()).toMatchObject({ free: 4, waiting: 0 });
  });

  it('survives a disconnect with replay', async () => {
    await using setup = await setUp({ scatterGather });
    const { source, pool, clock, stack } = setup;
    const bytes = pattern(6 * SIZE);
    const framing = { kind: 'total', total: bytes.length } as const;
    const statistics = new StreamStatistics();
    const options = { clock, framing, statistics, onDisable: 'replay', depth: 2 } as const;
    const { heard, ends } = listen(sendBytes(source, pool, [bytes], options));
    expect(await hostReads(setup, 2 * SIZE)).toEqual([...bytes.subarray(0, 2 * SIZE)]);
    await pause(setup);
    stack.faults.disconnect();
    await pause(setup);
    stack.faults.reconnect();
    const host = await stack.host();
    await host.open();
    await host.claimInterface(0);
    expect(await hostReads({ ...setup, host }, 4 * SIZE)).toEqual([...bytes.subarray(2 * SIZE)]);
    await pause(setup);
    expect(heard.map(({ status }) => status)).toEqual(Array(6).fill('ok'));
    expect(ends).toEqual(['complete']);
    expect(statistics.replayed).toBeGreaterThan(0);
  });

  it('survives an unbound gadget with replay, without a call that would crash a kernel', async () => {
    const trace = new TraceRecorder();
    await using setup = await setUp({ scatterGather }, 4, trace);
    const { source, pool, clock, stack, numbers } = setup;
    const bytes = pattern(2 * SIZE);
    const framing = { kind: 'total', total: bytes.length } as const;
    const { ends } = listen(sendBytes(source, pool, [bytes], { clock, framing, onDisable: 'replay' }));
    await pause(setup);
    await stack.usbGadget.unbind();
    await pause(setup);
    await stack.usbGadget.bind();
    const host = await stack.host();
    await host.open();
    await host.claimInterface(0);
    expect(await hostReads({ host, numbers }, bytes.length)).toEqual([...bytes]);
    await pause(setup);
    expect(ends).toEqual(['complete']);
    expect(trace.events.filter(({ what }) => what === 'hazard')).toEqual([]);
  });

  it('tells ESHUTDOWN of a disconnect, and fails if that is wanted', async () => {
    await using setup = await setUp({ scatterGather });
    const { sink, pool, clock, stack } = setup;
    const { heard, ends } = listen(receiveFrom(sink, pool, { clock, depth: 1, onDisable: 'fail' }));
    await pause(setup);
    stack.faults.disconnect();
    await pause(setup);
    expect(heard).toMatchObject([{ status: 'ESHUTDOWN', path }]);
    expect(ends).toMatchObject([{ code: 'ESHUTDOWN' }]);
  });

  it('ends its streams when the stack is closed under them', async () => {
    const setup = await setUp({ scatterGather });
    const { source, sink, pool, clock, stack } = setup;
    const framing = { kind: 'total', total: SIZE } as const;
    const sending = listen(sendBytes(source, pool, [pattern(SIZE)], { clock, framing }));
    const receiving = listen(receiveFrom(sink, pool, { clock, depth: 2 }));
    await pause(setup);
    await stack.close();
    await pause(setup);
    for (const { heard } of [receiving]) for (const received of heard) received.release();
    await pause(setup);
    expect([sending.ends.length, receiving.ends.length]).toEqual([1, 1]);
    expect(pool.report().held).toEqual([]);
  });
});

describe('faults of the mock backend', () => {
  it('more than was asked for is EOVERFLOW', async () => {
    await using setup = await setUp();
    const { sink, pool, clock, stack, host, numbers } = setup;
    const { heard } = listen(receiveFrom(sink, pool, { clock, depth: 1, length: 512 }));
    await pause(setup);
    stack.faults.babble({ endpoint: 'out' });
    await host.transferOut(numbers.out, pattern(512)).catch(() => {});
    await pause(setup);
    expect(heard[0]).toMatchObject({ status: 'EOVERFLOW', actual: 'unknown', error: undefined });
  });

  it('a completion that gets lost does not keep a stream from ending', async () => {
    await using setup = await setUp();
    const { sink, pool, clock, stack, host, numbers } = setup;
    const { heard, subscription } = listen(receiveFrom(sink, pool, { clock, depth: 2, length: 512 }));
    await pause(setup);
    stack.faults.loseEvent();
    await host.transferOut(numbers.out, pattern(512));
    await pause(setup);
    expect(heard).toEqual([]);
    subscription.unsubscribe();
    await settled(sink);
    expect(pool.free).toBe(4);
  });

  it('no memory to attach with is ENOMEM, and the next buffer has its chance', async () => {
    await using setup = await setUp();
    const { source, pool, clock, stack, host, numbers } = setup;
    stack.faults.outOfMemory({ at: 'attach', times: 1 });
    const buffers = asyncOf([pool.tryAcquire()!, pool.tryAcquire()!]);
    const { heard } = listen(transferTo(source, { clock, depth: 1, returnTo: pool })(buffers));
    await host.transferIn(numbers.in, SIZE);
    await pause(setup);
    expect(heard).toMatchObject([
      { status: 'ENOMEM', actual: 0, error: { code: 'ENOMEM' } },
      { status: 'ok', sequence: 1 },
    ]);
    expect(pool.free).toBe(4);
  });
});

it('the wrong direction of an endpoint does not compile', async () => {
  await using setup = await setUp();
  const { source, sink, pool } = setup;
  const framing = { kind: 'length-prefix' } as const;
  // @ts-expect-error: OUT
  expect(() => transferTo(sink)).toThrow('loop.sink is an OUT endpoint');
  // @ts-expect-error: OUT
  expect(() => sendBytes(sink, pool, [], { framing })).toThrow('loop.sink is an OUT endpoint');
  // @ts-expect-error: IN
  expect(() => receiveFrom(source, pool)).toThrow('loop.source is an IN endpoint');
  // @ts-expect-error: IN
  await expect(collectBytes(source, pool, { framing })).rejects.toThrow('loop.source is an IN endpoint');
});

describe('closing the stack under a stream', () => {
  it('cancels, reports every transfer, and completes it', async () => {
    const setup = await setUp();
    const { stack, source, sink, pool, clock } = setup;
    const buffers = stack.allocate({ count: 6, size: SIZE });
    const sent = listen(transferTo(source, { clock, depth: 2 })(from(buffers)));
    const received = listen(receiveFrom(sink, pool, { clock }).pipe(tap((transfer) => transfer.release())));
    await pause(setup);
    await stack.close();
    expect(sent.heard.map(({ status }) => status)).toEqual([
      ...['ESHUTDOWN', 'ESHUTDOWN'],
      ...['ECANCELED', 'ECANCELED', 'ECANCELED', 'ECANCELED'],
    ]);
    expect(received.heard.map(({ status }) => status)).toContain('ESHUTDOWN');
    expect([sent.ends, received.ends]).toEqual([['complete'], ['complete']]);
    expect(pool.free).toBe(4);
  });

  it('ends a loop that waits', async () => {
    const setup = await setUp();
    const { stack, sink, pool, clock } = setup;
    const statuses: string[] = [];
    const loop = (async () => {
      for await (using received of iterate(receiveFrom(sink, pool, { clock, depth: 1 })))
        statuses.push(received.status);
    })();
    await pause(setup);
    await stack.close();
    await loop;
    expect(statuses[0]).toBe('ESHUTDOWN');
  });

  it.each([{ onFailure: 'fail' }, { onDisable: 'fail' }] as const)('fails it with %o', async (options) => {
    const setup = await setUp();
    const { stack, source, clock } = setup;
    const sent = listen(transferTo(source, { clock, ...options })(from(stack.allocate({ count: 1, size: SIZE }))));
    await pause(setup);
    await stack.close();
    expect(sent.ends).toMatchObject([{ code: 'ESHUTDOWN' }]);
  });

  it('before the stream began is a mistake', async () => {
    const setup = await setUp();
    await setup.stack.close();
    const sent = listen(transferTo(setup.source, { clock: setup.clock })(NEVER));
    await pause(setup);
    expect(sent.ends).toMatchObject([{ code: 'ENODEV' }]);
  });

  it('fails bytes, which are not all there', async () => {
    const setup = await setUp();
    const { sink, pool, clock } = setup;
    const all = collectBytes(sink, pool, { clock, framing: { kind: 'total', total: SIZE } });
    const refused = expect(all).rejects.toMatchObject({ code: 'ESHUTDOWN' });
    await pause(setup);
    await setup.stack.close();
    await refused;
  });
});

describe('a program that sends samples', () => {
  it('in few lines', async () => {
    const made = await mockStack();
    await using stack = made.stack;
    await using buffers = stack.allocate({ count: 8, size: SIZE });
    const statuses: Promise<string[]> = lastValueFrom(
      transferTo(made.source, { depth: 4, clock: stack.clock })(asyncOf(buffers)).pipe(
        map(({ status }) => status),
        toArray(),
      ),
    );
    for (let transfer = 0; transfer < 8; transfer++) await made.host.transferIn(made.numbers.in, SIZE);
    expect(await statuses).toEqual(Array(8).fill('ok'));
  });
});

async function* asyncOf<T>(values: Iterable<T>) {
  yield* values;
}

/** Lets time pass. */
async function pause({ clock }: Setup): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.setTimer(100_000_000, resolve);
  });
}
