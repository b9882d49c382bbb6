import { describe, expect, it, vi } from 'vitest';
import { setUpEngine as setUp } from '../test/engine-rig.ts';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';

describe('an endpoint that is not enabled yet', () => {
  it.each(['drop', 'replay', 'fail'] as const)('is waited for, also with onDisable: %s', async (onDisable) => {
    const endpoint = new FakeEndpoint();
    endpoint.enabled = false;
    const { engine, sink, idle } = await setUp({ onDisable }, endpoint);
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(endpoint.calls, 'nothing is attached before').toEqual([]);
    endpoint.enable();
    await idle();
    endpoint.complete();
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
  });

  it('leaves O_NONBLOCK as it was', async () => {
    const endpoint = new FakeEndpoint();
    endpoint.enabled = false;
    endpoint.nonblock = true;
    await setUp({}, endpoint);
    expect(endpoint.nonblock).toBe(true);
  });
});

describe('an endpoint that is disabled', () => {
  it('drops what was in flight, and goes on when it is enabled again', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 2, onDisable: 'drop' });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    endpoint.disable();
    await idle();
    expect(sink.outcomes).toEqual(['a ESHUTDOWN', 'b ESHUTDOWN']);
    endpoint.enable();
    await idle();
    endpoint.complete();
    await idle();
    expect(sink.outcomes.slice(2)).toEqual(['c ok']);
  });

  it('replays what was in flight, in order and before anything newer', async () => {
    const { engine, endpoint, sink, clock, idle } = await setUp({ depth: 3, onDisable: 'replay' });
    for (const buffer of fakeBuffers(5)) engine.submit(buffer);
    endpoint.complete();
    endpoint.disable();
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
    await clock.advance(500);
    endpoint.enable();
    await idle();
    expect(endpoint.pending.map(({ buffer }) => buffer.name)).toEqual(['b', 'c', 'd']);
    endpoint.completeAll();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'b ok', 'c ok', 'd ok', 'e ok']);
    expect(sink.completions.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(sink.completions.map(({ submittedAt }) => submittedAt)).toEqual([0, 500, 500, 500, 500]);
    expect(engine.statistics).toMatchObject({ replayed: 2, errors: 0, transfers: 5 });
  });

  it('lets nothing overtake a replay while its fences come back one by one', async () => {
    const { engine, endpoint, idle } = await setUp({ depth: 3, onDisable: 'replay' });
    const [a, b, c] = fakeBuffers(3);
    engine.submit(a!);
    engine.submit(b!);
    endpoint.complete('ESHUTDOWN');
    await idle();
    engine.submit(c!);
    await idle();
    expect(endpoint.calls).not.toContain('transfer c 512');
    endpoint.complete('ESHUTDOWN');
    await idle();
    expect(endpoint.pending.map(({ buffer }) => buffer.name)).toEqual(['a', 'b', 'c']);
  });

  it('replays as often as it is disabled', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ onDisable: 'replay' });
    engine.submit(fakeBuffers(1)[0]!);
    for (let round = 0; round < 3; round++) {
      endpoint.disable();
      await idle();
      endpoint.enable();
      await idle();
    }
    endpoint.complete();
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
    expect(engine.statistics.replayed).toBe(3);
  });

  it('fails the stream if it is told to, after everything has come back', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 2, onDisable: 'fail' });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    endpoint.disable();
    await idle();
    expect(sink.outcomes).toEqual(['a ESHUTDOWN', 'b ESHUTDOWN', 'c ECANCELED']);
    expect(sink.closings).toMatchObject([{ code: 'ESHUTDOWN', message: expect.stringContaining('Subscribe again') }]);
    expect(endpoint.attached).toEqual([]);
  });

  it('fails the stream also when nothing was in flight', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ onDisable: 'fail' });
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.complete();
    await idle();
    endpoint.disable();
    engine.submit(a!);
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'a ECANCELED']);
    expect(sink.closings).toMatchObject([{ code: 'ESHUTDOWN' }]);
  });

  it('is asked ever more rarely when it says that it is enabled and takes nothing', async () => {
    const { engine, endpoint, clock } = await setUp();
    for (let tries = 0; tries < 100; tries++) endpoint.refuse('transfer', 'ESHUTDOWN');
    engine.submit(fakeBuffers(1)[0]!);
    await clock.advance(1_000_000_000);
    const tries = endpoint.calls.filter((call) => call.startsWith('transfer')).length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(25);
  });
});

describe('a gadget that is unbound', () => {
  it.each(['drop', 'replay'] as const)('is waited for until it is bound and enabled again: %s', async (onDisable) => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 1, onDisable });
    for (const buffer of fakeBuffers(2)) engine.submit(buffer);
    endpoint.unbind();
    await idle();
    expect(endpoint.crashes, 'nothing is asked of the kernel that would crash it').toBe(0);
    endpoint.enable();
    await idle();
    endpoint.complete();
    await idle();
    endpoint.completeAll();
    await idle();
    expect(sink.outcomes).toEqual([onDisable === 'drop' ? 'a ESHUTDOWN' : 'a ok', 'b ok']);
  });

  it('is waited for also when nothing was in flight', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.complete();
    await idle();
    endpoint.unbind();
    engine.submit(a!);
    await idle();
    endpoint.enable();
    await idle();
    endpoint.complete();
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'a ok']);
  });

  it('fails the stream if that is wanted', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ onDisable: 'fail' });
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.complete();
    await idle();
    endpoint.unbind();
    engine.submit(a!);
    await idle();
    expect(sink.closings).toMatchObject([{ code: 'ENODEV' }]);
  });
});

describe('an endpoint file that is gone', () => {
  it.each([
    [
      'the instance is not active any more',
      (endpoint: FakeEndpoint) => Object.assign(endpoint, { gone: true }),
      'ENODEV',
    ],
    ['it was closed', (endpoint: FakeEndpoint) => endpoint.close(), 'EBADF'],
  ])('ends the stream: %s', async (_, spoil, code) => {
    const { engine, endpoint, sink, idle } = await setUp();
    const [a, b] = fakeBuffers(2);
    spoil(endpoint);
    engine.submit(a!);
    await idle();
    expect(sink.outcomes).toEqual(['a ECANCELED']);
    expect(sink.closings).toMatchObject([{ code }]);
    expect(() => engine.submit(b!)).toThrow('has ended');
  });

  it('ends the stream also when it is closed before anything was sent', async () => {
    const endpoint = new FakeEndpoint();
    endpoint.close();
    const { sink } = await setUp({}, endpoint);
    expect(sink.closings).toMatchObject([{ code: 'EBADF' }]);
  });

  it('ends the stream with whatever else it throws', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    vi.spyOn(endpoint, 'transfer').mockImplementation(() => {
      throw new TypeError('a defect');
    });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.closings).toEqual([new TypeError('a defect')]);
  });
});
