import { SECOND } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { setUpEngine as setUp } from '../test/engine-rig.ts';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { RecordingSink } from '../test/recording-sink.ts';
import { TransferEngine } from './engine.ts';
import { settled } from './settled.ts';

describe('finishing', () => {
  it('closes once, when everything is done, with nothing attached', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 1 });
    const [a, b] = fakeBuffers(2);
    engine.submit(a!);
    engine.submit(b!);
    engine.finish();
    await idle();
    expect(sink.closings).toEqual([]);
    endpoint.complete();
    await idle();
    endpoint.complete();
    await idle();
    expect(sink.closings).toEqual([undefined]);
    expect(endpoint.attached).toEqual([]);
    engine.finish();
    engine.cancel();
    await idle();
    expect(sink.closings).toEqual([undefined]);
  });

  it('takes no more buffers', async () => {
    const { engine } = await setUp();
    engine.finish();
    expect(() => engine.submit(fakeBuffers(1)[0]!)).toThrow('has ended');
  });
});

describe('cancelling', () => {
  it('detaches from the newest on and reports every transfer', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 2 });
    for (const buffer of fakeBuffers(4)) engine.submit(buffer);
    endpoint.calls.length = 0;
    const why = new Error('why');
    engine.cancel(why);
    expect(endpoint.calls).toEqual(['detach b', 'detach a']);
    await idle();
    expect(sink.outcomes).toEqual(['a ECONNRESET', 'b ECONNRESET', 'c ECANCELED', 'd ECANCELED']);
    expect(sink.closings).toEqual([why]);
    expect(engine.statistics.inFlight).toBe(0);
  });

  it('waits for fences that take their time, and `settled` with it', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    engine.submit(fakeBuffers(1)[0]!);
    const [pending] = endpoint.pending.splice(0);
    engine.cancel();
    let done = false;
    void settled(endpoint).then(() => {
      done = true;
    });
    await idle();
    expect([done, sink.closings]).toEqual([false, []]);
    pending?.fence.signal(0);
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
    expect([done, sink.closings]).toEqual([true, [undefined]]);
  });

  it('while the endpoint is awaited gives everything back at once', async () => {
    const endpoint = new FakeEndpoint();
    endpoint.enabled = false;
    const { engine, sink, idle } = await setUp({}, endpoint);
    engine.submit(fakeBuffers(1)[0]!);
    expect(endpoint.waiters.length).toBe(1);
    engine.cancel();
    await idle();
    expect(sink.outcomes).toEqual(['a ECANCELED']);
    expect(sink.closings).toEqual([undefined]);
    expect(endpoint.waiters, 'no call goes on, which would keep the file open').toEqual([]);
    endpoint.enable();
    await idle();
    expect(endpoint.calls).toEqual([]);
  });

  it('does not keep another stream of the endpoint from waiting on', async () => {
    const endpoint = new FakeEndpoint();
    endpoint.enabled = false;
    const { engine, clock } = await setUp({}, endpoint);
    const sink = new RecordingSink();
    new TransferEngine(endpoint, sink, { clock }).submit(fakeBuffers(1)[0]!);
    engine.cancel();
    await clock.advance(10_000_000);
    endpoint.enable();
    await clock.advance(0);
    endpoint.complete();
    await clock.advance(0);
    expect(sink.outcomes).toEqual(['a ok']);
  });

  it.each(['EPERM', 'EBADF', 'ENODEV'] as const)('does not mind that DETACH answers %s', async (code) => {
    const { engine, endpoint, sink, idle } = await setUp();
    engine.submit(fakeBuffers(1)[0]!);
    endpoint.disable();
    endpoint.refuse('detach', code);
    engine.cancel();
    await idle();
    expect(sink.closings).toEqual([undefined]);
  });

  it('reports that DETACH failed for another reason', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    engine.submit(fakeBuffers(1)[0]!);
    endpoint.completeAll();
    await idle();
    endpoint.refuse('detach', 'ENOMEM');
    engine.cancel();
    await idle();
    expect(sink.closings).toMatchObject([{ code: 'ENOMEM' }]);
  });

  it('lets a new stream use the same buffers at once', async () => {
    const { engine, endpoint, clock, idle } = await setUp();
    const [a, b] = fakeBuffers(2);
    engine.submit(a!);
    engine.submit(b!);
    endpoint.complete();
    engine.cancel();
    const sink = new RecordingSink();
    const next = new TransferEngine(endpoint, sink, { clock });
    next.submit(a!);
    next.submit(b!);
    await idle();
    endpoint.completeAll();
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'b ok']);
    expect(endpoint.attached).toEqual([a, b]);
  });
});

it('leaves no timer when a stream is cancelled that asks for its endpoint again and again', async () => {
  const { engine, endpoint, clock } = await setUp();
  for (let tries = 0; tries < 100; tries++) endpoint.refuse('transfer', 'ESHUTDOWN');
  engine.submit(fakeBuffers(1)[0]!);
  await clock.advance(SECOND);
  engine.cancel();
  await clock.advance(0);
  const before = clock.now();
  await clock.runUntilIdle();
  expect(clock.now()).toBe(before);
});
