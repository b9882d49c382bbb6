import { InputError, TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { setUpEngine as setUp } from '../test/engine-rig.ts';
import { FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { RecordingSink } from '../test/recording-sink.ts';
import { TransferEngine } from './engine.ts';
import type { EngineOptions } from './engine-options.ts';

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
    const endpoint = new FakeEndpoint('in', 'ep1', 'stream.samples');
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

describe('a transfer that fails', () => {
  it('changes nothing for the others', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    for (const buffer of fakeBuffers(2)) engine.submit(buffer);
    endpoint.complete('EPROTO');
    endpoint.complete();
    await idle();
    expect(sink.outcomes).toEqual(['a EPROTO', 'b ok']);
  });

  it('ends the stream if that is wanted, after everything has come back', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ onFailure: 'fail', depth: 2 });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    endpoint.complete('EPROTO');
    await idle();
    expect(sink.outcomes).toEqual(['a EPROTO', 'b ECONNRESET', 'c ECANCELED']);
    expect(sink.closings).toMatchObject([{ code: 'EPROTO', operation: 'transfer 0 through ep1' }]);
  });

  it('ends the stream with the words of the call that refused it', async () => {
    const { engine, sink, idle } = await setUp({ onFailure: 'fail' });
    engine.submit(fakeBuffers(1)[0]!, 0);
    await idle();
    expect(sink.closings).toMatchObject([{ code: 'EINVAL', cause: { operation: 'FUNCTIONFS_DMABUF_TRANSFER' } }]);
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
  it('shows what a stream waits for, and when it is cancelled and closed', async () => {
    const trace = new TraceRecorder();
    const { engine, idle } = await setUp({ trace, scatterGather: false });
    engine.submit(fakeBuffers(1)[0]!);
    engine.cancel();
    await idle();
    expect(trace.events.map(({ source, what, details }) => [source, what, details])).toEqual([
      ['streams', 'copying path', { endpoint: 'ep1', outstanding: 0 }],
      ['streams', 'endpoint awaited', { endpoint: 'ep1', outstanding: 0 }],
      ['streams', 'cancel', { endpoint: 'ep1', outstanding: 1 }],
      ['streams', 'closed', { endpoint: 'ep1', outstanding: 0 }],
    ]);
  });
});

describe('options', () => {
  it.each<[EngineOptions, string]>([
    [{ depth: 0 }, 'depth is 0. Pass a whole number of at least 1.'],
    [{ depth: 1.5 }, 'depth is 1.5'],
    [{ attachments: -1 }, 'attachments is -1'],
    [{ onDisable: 'retry' as 'drop' }, "onDisable is 'retry'. Pass one of 'drop', 'replay', 'fail'."],
    [{ onFailure: 'stop' as 'fail' }, "onFailure is 'stop'. Pass one of 'continue', 'fail'."],
    [{ fallback: 'none' as 'copy' }, "fallback is 'none'. Pass one of 'copy', 'error'."],
  ])('that are not allowed are named: %o', (options, message) => {
    const make = () => new TransferEngine(new FakeEndpoint(), new RecordingSink(), options);
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});
