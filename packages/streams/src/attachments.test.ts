import { KernelError } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { setUpEngine as setUp } from '../test/engine-rig.ts';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { RecordingSink } from '../test/recording-sink.ts';
import { TransferEngine } from './engine.ts';

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
      endpoint.attachments = [];
      throw new KernelError('EPERM', 'FUNCTIONFS_DMABUF_TRANSFER');
    });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EPERM', actual: 0, error: { code: 'EPERM' } }]);
    expect(endpoint.calls).toEqual(['attach a', 'attach a']);
  });

  it('of the program stay when the stream has undone its own', async () => {
    const { engine, endpoint, idle } = await setUp();
    const [a] = fakeBuffers(1);
    endpoint.attach(a!);
    engine.submit(a!);
    expect(endpoint.attachments).toHaveLength(2);
    engine.cancel();
    await idle();
    expect(endpoint.attachments).toEqual([{ buffer: a, owner: undefined }]);
  });

  it('that an ended stream could not undo hold up no other stream', async () => {
    const { engine, endpoint, clock, idle } = await setUp();
    const [a] = fakeBuffers(1);
    engine.submit(a!);
    endpoint.unbind();
    engine.cancel();
    await idle();
    expect(endpoint.attached).toEqual([a]);
    endpoint.enable();
    const sink = new RecordingSink();
    const other = new TransferEngine(endpoint, sink, { clock });
    await clock.advance(0);
    other.submit(a!);
    endpoint.complete();
    await clock.advance(0);
    expect(sink.outcomes).toEqual(['a ok']);
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
