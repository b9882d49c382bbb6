import { InputError, KernelError, TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { RecordingSink } from '../test/recording-sink.ts';
import { TransferEngine } from './engine.ts';
import type { EngineOptions } from './engine-options.ts';
import { settled } from './live-engines.ts';

async function setUp(options: EngineOptions = {}, endpoint = new FakeEndpoint()) {
  const clock = new VirtualClock({ auto: false });
  const sink = new RecordingSink();
  const engine = new TransferEngine(endpoint, sink, { clock, ...options });
  const idle = () => clock.advance(0);
  await idle();
  return { clock, endpoint, sink, engine, idle };
}

describe('a transfer', () => {
  it('is attached, submitted, and completed once its fence signals', async () => {
    const { engine, endpoint, sink, clock, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!, 100);
    expect(endpoint.calls).toEqual(['attach a', 'transfer a 100']);
    await clock.advance(30);
    endpoint.complete();
    expect(sink.completions, 'not from inside the signal').toEqual([]);
    await idle();
    expect(sink.completions).toEqual([
      {
        sequence: 0,
        endpoint: 'ep1',
        buffer: a,
        requested: 100,
        actual: 'unknown',
        status: 'ok',
        error: undefined,
        path: 'dmabuf',
        submittedAt: 0,
        completedAt: 30,
      },
    ]);
  });

  it('bears the name that the gadget gave the endpoint, if it has one', async () => {
    const endpoint = Object.assign(new FakeEndpoint(), { gadgetName: 'stream.samples' });
    const { engine, sink, idle } = await setUp({}, endpoint);
    engine.submit(fakeBuffers(1)[0]!);
    endpoint.complete();
    await idle();
    expect(sink.completions).toMatchObject([{ endpoint: 'stream.samples' }]);
  });

  it('takes the whole buffer unless a length is given', async () => {
    const { engine, endpoint } = await setUp();
    engine.submit(new FakeBuffer(4096, 'a'));
    expect(endpoint.calls.at(-1)).toBe('transfer a 4096');
  });

  it('tells the errno it failed with', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.complete('EOVERFLOW');
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EOVERFLOW', actual: 'unknown', error: undefined }]);
  });

  it('of a fence that has signaled before anybody could ask completes later all the same', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    const transfer = endpoint.transfer.bind(endpoint);
    vi.spyOn(endpoint, 'transfer').mockImplementation((buffer, length) => {
      const fence = transfer(buffer, length);
      endpoint.complete('EPIPE');
      return fence;
    });
    engine.submit(fakeBuffers(1)[0]!);
    expect(sink.completions).toEqual([]);
    await idle();
    expect(sink.outcomes).toEqual(['a EPIPE']);
  });

  it('that the kernel refuses comes back with the kernel’s words', async () => {
    const { engine, sink, idle } = await setUp();
    const [a, b] = fakeBuffers(2);
    engine.submit(a!, 513);
    engine.submit(b!);
    await idle();
    expect(sink.completions).toMatchObject([{ buffer: a, status: 'EINVAL', actual: 0, error: { code: 'EINVAL' } }]);
  });
});

describe('the queue', () => {
  it('gives the kernel `depth` transfers and keeps the rest in line', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 2 });
    for (const buffer of fakeBuffers(4)) engine.submit(buffer);
    expect(endpoint.pending.length).toBe(2);
    expect(engine.waiting).toBe(2);
    expect(engine.outstanding).toBe(4);
    endpoint.complete();
    await idle();
    expect(endpoint.pending.map(({ buffer }) => buffer.name)).toEqual(['b', 'c']);
    expect(sink.outcomes).toEqual(['a ok']);
  });

  it('reports in the order of submission, whatever order the fences signal in', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    const [first, second, third] = endpoint.pending.splice(0);
    third?.fence.signal(0);
    second?.fence.signal(0);
    await idle();
    expect(sink.completions).toEqual([]);
    first?.fence.signal(0);
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'b ok', 'c ok']);
    expect(sink.completions.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  });

  it('never has two transfers of one buffer in flight', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    const [a, b] = fakeBuffers(2);
    engine.submit(a!, 1);
    engine.submit(a!, 2);
    engine.submit(b!, 3);
    expect(endpoint.pending.map(({ length }) => length)).toEqual([1]);
    endpoint.complete();
    await idle();
    expect(endpoint.pending.map(({ length }) => length)).toEqual([2, 3]);
    endpoint.completeAll();
    await idle();
    expect(sink.completions.map(({ requested }) => requested)).toEqual([1, 2, 3]);
  });

  it('takes new buffers from inside a completion', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ depth: 1 });
    const [a] = fakeBuffers(1);
    const completed = sink.completed.bind(sink);
    vi.spyOn(sink, 'completed').mockImplementation((completion) => {
      completed(completion);
      if (completion.sequence < 2) engine.submit(completion.buffer);
    });
    engine.submit(a!);
    for (let round = 0; round < 3; round++) {
      endpoint.complete();
      await idle();
    }
    expect(sink.outcomes).toEqual(['a ok', 'a ok', 'a ok']);
  });

  it('reports what completed together as one batch', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    for (const buffer of fakeBuffers(4)) engine.submit(buffer);
    endpoint.complete();
    endpoint.complete();
    endpoint.complete();
    await idle();
    endpoint.complete();
    await idle();
    expect(sink.batches).toEqual([3, 1]);
  });

  it('gives a waiting buffer back on request', async () => {
    const { engine } = await setUp({ depth: 1 });
    const [a, b] = fakeBuffers(2);
    engine.submit(a!);
    engine.submit(b!);
    expect(engine.withdraw()).toBe(b);
    expect(engine.withdraw()).toBeUndefined();
  });
});

describe('attachments', () => {
  it('are made once and kept', async () => {
    const { engine, endpoint, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.complete();
    await idle();
    engine.submit(a!);
    expect(endpoint.calls).toEqual(['attach a', 'transfer a 512', 'transfer a 512']);
  });

  it('stay within their limit: the oldest idle one goes', async () => {
    const { engine, endpoint, idle } = await setUp({ attachments: 2 });
    for (const buffer of fakeBuffers(3)) {
      engine.submit(buffer);
      endpoint.completeAll();
      await idle();
    }
    expect(endpoint.attached.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it('are made again when somebody else has undone them', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.detach(a!);
    await idle();
    engine.submit(a!);
    endpoint.complete();
    await idle();
    expect(sink.outcomes).toEqual(['a ECONNRESET', 'a ok']);
  });

  it('that are undone each time are given up', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    vi.spyOn(endpoint, 'transfer').mockImplementation(() => {
      endpoint.attached.length = 0;
      throw new KernelError('EPERM', 'FUNCTIONFS_DMABUF_TRANSFER');
    });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EPERM', actual: 0, error: { code: 'EPERM' } }]);
    expect(endpoint.calls).toEqual(['attach a', 'attach a']);
  });

  it('of one buffer belong to one stream of the endpoint', async () => {
    const { engine, endpoint, clock } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    const sink = new RecordingSink();
    const other = new TransferEngine(endpoint, sink, { clock });
    await clock.advance(0);
    other.submit(a!);
    await clock.advance(6_000_000_000);
    expect(sink.completions).toMatchObject([
      { status: 'EBUSY', error: { message: expect.stringContaining('another stream') } },
    ]);
  });
});

describe('a buffer that others use', () => {
  it('is waited for, and what comes after it waits as well', async () => {
    const { engine, endpoint, clock, idle } = await setUp();
    const [a, b] = fakeBuffers(2);
    a!.busy = true;
    engine.submit(a!);
    engine.submit(b!);
    await clock.advance(1000);
    expect(endpoint.pending).toEqual([]);
    a!.free();
    await idle();
    expect(endpoint.pending.map(({ buffer }) => buffer.name)).toEqual(['a', 'b']);
  });

  it('is given up after the five seconds that the kernel would wait', async () => {
    const { engine, endpoint, sink, clock } = await setUp();
    const [a, b] = fakeBuffers(2);
    for (let tries = 0; tries < 10_000; tries++) endpoint.refuse('transfer', 'EBUSY');
    engine.submit(a!);
    await clock.advance(4_990_000_000);
    expect(sink.outcomes).toEqual([]);
    await clock.advance(20_000_000);
    expect(sink.completions).toMatchObject([{ buffer: a, status: 'EBUSY', error: { code: 'EBUSY' } }]);
    expect(sink.completions).not.toContain(b);
  });
});

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

describe('an endpoint file that is gone', () => {
  it.each([
    [
      'the instance is not active any more',
      (endpoint: FakeEndpoint) => endpoint.refuse('transfer', 'ENODEV'),
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

describe('a sink that throws', () => {
  it('keeps nobody else from getting the rest', async () => {
    const jobs: (() => void)[] = [];
    const clock = new VirtualClock({ auto: false });
    vi.spyOn(clock, 'defer').mockImplementation((job) => {
      jobs.push(job);
    });
    const { engine, endpoint, sink } = await setUp({ clock });
    const completed = sink.completed.bind(sink);
    vi.spyOn(sink, 'completed').mockImplementation((completion) => {
      completed(completion);
      if (completion.sequence === 0) throw new Error('a subscriber’s defect');
    });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    endpoint.completeAll();
    expect(() => jobs.shift()?.()).toThrow('a subscriber’s defect');
    jobs.shift()?.();
    expect(sink.outcomes).toEqual(['a ok', 'b ok', 'c ok']);
    expect(sink.batches).toEqual([3]);
  });
});

describe('statistics', () => {
  it('count transfers, bytes, errors and what is in flight', async () => {
    const { engine, endpoint, idle } = await setUp();
    for (const buffer of fakeBuffers(4)) engine.submit(buffer, 100);
    endpoint.complete();
    endpoint.complete('EPROTO');
    await idle();
    expect(engine.statistics).toMatchObject({ transfers: 2, bytes: 100, errors: 1, inFlight: 2 });
  });
});

describe('a trace', () => {
  it('shows when a stream is cancelled and closed', async () => {
    const trace = new TraceRecorder();
    const { engine, idle } = await setUp({ trace });
    engine.submit(fakeBuffers(1)[0]!);
    engine.cancel();
    await idle();
    expect(trace.events.map(({ source, what, details }) => [source, what, details])).toEqual([
      ['streams', 'cancel', { endpoint: 'ep1', outstanding: 1 }],
      ['streams', 'closed', { endpoint: 'ep1', outstanding: 0 }],
    ]);
  });
});

describe('options', () => {
  it.each<[EngineOptions, string]>([
    [{ depth: 0 }, 'depth is 0; it has to be a whole number, at least 1.'],
    [{ depth: 1.5 }, 'depth is 1.5'],
    [{ attachments: -1 }, 'attachments is -1'],
    [{ onDisable: 'retry' as 'drop' }, "onDisable is 'retry'; it can be 'drop', 'replay', 'fail'."],
    [{ fallback: 'none' as 'copy' }, "fallback is 'none'; it can be 'copy', 'error'."],
  ])('that are not allowed are named: %o', (options, message) => {
    const make = () => new TransferEngine(new FakeEndpoint(), new RecordingSink(), options);
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});
