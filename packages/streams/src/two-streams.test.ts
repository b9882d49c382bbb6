import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import { from, NEVER, startWith } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { setUpEngine } from '../test/engine-rig.ts';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { listen } from '../test/listen.ts';
import { openStack, pattern } from '../test/mock-stack.ts';
import { RecordingSink } from '../test/recording-sink.ts';
import { BufferPool } from './buffer-pool.ts';
import { TransferEngine } from './engine.ts';
import { receiveFrom } from './receive-from.ts';
import { settled } from './settled.ts';
import { transferTo } from './transfer-to.ts';

const SIZE = 4096;

describe.each([
  ['mock without scatter-gather', () => mock({ scatterGather: false })],
  ['musb', () => musb()],
])('several streams of one endpoint on the copying path: %s', (_, backend) => {
  it('take turns to send, and every transfer of each is sent', async () => {
    const { stack, source, host, numbers, clock } = await openStack(backend());
    const streams = [0, 1, 2].map((which) => {
      const buffers = [...stack.allocate({ count: 3, size: SIZE })];
      for (const [index, buffer] of buffers.entries()) buffer.bytes().fill(10 * which + index);
      return listen(from(buffers).pipe(transferTo(source, { clock })));
    });
    const seen: number[] = [];
    for (let transfer = 0; transfer < 9; transfer++) {
      const { data } = await host.transferIn(numbers.in, SIZE);
      seen.push(data!.getUint8(0));
    }
    await sleep(clock, SECOND);
    expect(seen).toEqual([0, 10, 20, 1, 11, 21, 2, 12, 22]);
    for (const { heard, ends } of streams) {
      expect(heard.map(({ status, actual }) => [status, actual])).toEqual(new Array(3).fill(['ok', SIZE]));
      expect(ends).toEqual(['complete']);
    }
    await stack.close();
  });

  it('take turns to receive', async () => {
    const { stack, sink, host, numbers, clock } = await openStack(backend());
    const seen: string[] = [];
    for (const name of ['first', 'second']) {
      const pool = BufferPool.allocate(stack.exporter, { count: 2, size: SIZE });
      receiveFrom(sink, pool, { clock }).subscribe((received) => {
        seen.push(`${name} ${received.buffer.bytes()[0]}`);
        received.release();
      });
    }
    for (let transfer = 0; transfer < 4; transfer++)
      await host.transferOut(numbers.out, new Uint8Array(SIZE).fill(transfer));
    await sleep(clock, SECOND);
    expect(seen).toEqual(['first 0', 'second 1', 'first 2', 'second 3']);
    await stack.close();
  });

  it('do not disturb each other: one is unsubscribed while another copies', async () => {
    const { stack, source, host, numbers, clock } = await openStack(backend());
    const [one, two] = [...stack.allocate({ count: 2, size: SIZE })];
    const staying = listen(from([one!]).pipe(transferTo(source, { clock })));
    const leaving = listen(from([two!]).pipe(transferTo(source, { clock })));
    await sleep(clock, MILLISECOND);
    leaving.subscription.unsubscribe();
    await settled(source);
    await host.transferIn(numbers.in, SIZE);
    await sleep(clock, SECOND);
    expect(staying.heard).toMatchObject([{ status: 'ok' }]);
    expect(leaving.heard).toEqual([]);
    await stack.close();
  });

  it('wait for a call of the program, and go on after it', async () => {
    const { stack, source, host, numbers, clock } = await openStack(backend());
    const writing = source.write(pattern(SIZE, 9));
    const write = vi.spyOn(source, 'write');
    const [buffer] = [...stack.allocate({ count: 1, size: SIZE })];
    const stream = listen(from([buffer!]).pipe(startWith(), transferTo(source, { clock, onDisable: 'fail' })));
    await sleep(clock, 10 * SECOND);
    expect(write.mock.calls.length, 'the endpoint is not asked again and again').toBeLessThan(4);
    expect(stream.ends).toEqual([]);
    await host.transferIn(numbers.in, SIZE);
    expect(await writing).toBe(SIZE);
    await host.transferIn(numbers.in, SIZE);
    await sleep(clock, SECOND);
    expect(stream.heard).toMatchObject([{ status: 'ok' }]);
    expect(stream.ends).toEqual(['complete']);
    await stack.close();
  });

  it('leave a call of the program alone when they are unsubscribed while they wait for it', async () => {
    const { stack, source, host, numbers, clock } = await openStack(backend());
    const writing = source.write(pattern(SIZE, 9));
    const [buffer] = [...stack.allocate({ count: 1, size: SIZE })];
    const stream = listen(NEVER.pipe(startWith(buffer!), transferTo(source, { clock })));
    await sleep(clock, MILLISECOND);
    stream.subscription.unsubscribe();
    await settled(source);
    await host.transferIn(numbers.in, SIZE);
    expect(await writing).toBe(SIZE);
    await stack.close();
  });

  it('end with the stack', async () => {
    const { stack, source, clock } = await openStack(backend());
    const streams = [0, 1].map(() => {
      const buffers = [...stack.allocate({ count: 2, size: SIZE })];
      return listen(NEVER.pipe(startWith(...buffers), transferTo(source, { clock })));
    });
    await sleep(clock, MILLISECOND);
    await stack.close();
    await sleep(clock, SECOND);
    expect(streams.map(({ heard }) => heard.map(({ status }) => status))).toEqual([
      ['ESHUTDOWN', 'ESHUTDOWN'],
      ['ECANCELED', 'ECANCELED'],
    ]);
    expect(streams.map(({ ends }) => ends)).toEqual([['complete'], ['complete']]);
  });
});

it('a call of another process, which no event tells of, is waited for ever more patiently', async () => {
  const { engine, endpoint, clock, sink } = await setUpEngine({ scatterGather: false });
  let inUse = true;
  const write = endpoint.write.bind(endpoint);
  let tries = 0;
  vi.spyOn(endpoint, 'write').mockImplementation((bytes) => {
    tries++;
    if (!inUse) return write(bytes);
    endpoint.copies.push({ bytes, resolve: () => {}, reject: () => {} });
    const refused = write(bytes);
    endpoint.copies.pop();
    return refused;
  });
  engine.submit(fakeBuffers(1)[0]!);
  await clock.advance(SECOND);
  expect(tries).toBeGreaterThan(5);
  expect(tries).toBeLessThan(25);
  inUse = false;
  await clock.advance(SECOND);
  endpoint.completeCopy();
  await clock.advance(0);
  expect(sink.outcomes).toEqual(['a ok']);
});

it('an engine in line that is cancelled does not keep the others waiting', async () => {
  const endpoint = new FakeEndpoint();
  const { clock, engine, sink } = await setUpEngine({ scatterGather: false }, endpoint);
  const sinks = [new RecordingSink(), new RecordingSink()];
  const [second, third] = sinks.map((each) => new TransferEngine(endpoint, each, { clock, scatterGather: false }));
  const [a, b, c] = fakeBuffers(3);
  await clock.advance(0);
  engine.submit(a!);
  second!.submit(b!);
  third!.submit(c!);
  await clock.advance(0);
  second!.cancel();
  endpoint.completeCopy();
  await clock.advance(0);
  endpoint.completeCopy();
  await clock.advance(0);
  expect([sink, ...sinks].map(({ outcomes }) => outcomes)).toEqual([['a ok'], ['b ECANCELED'], ['c ok']]);
});
