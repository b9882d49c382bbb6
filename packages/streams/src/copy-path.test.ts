import { KernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { setUpEngine } from '../test/engine-rig.ts';
import { FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import type { EngineOptions } from './engine-options.ts';
import { settled } from './settled.ts';

function setUp(options: EngineOptions = {}, direction: 'in' | 'out' = 'in') {
  const endpoint = new FakeEndpoint(direction);
  endpoint.scatterGather = false;
  return setUpEngine(options, endpoint);
}

describe('a controller without scatter-gather', () => {
  it('is recognised by an ATTACH that fails although the endpoint is enabled', async () => {
    const { engine, endpoint, idle } = await setUp();
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(endpoint.calls).toEqual(['attach a', 'attach a', 'write 512']);
  });

  it('is not asked if the caller knows', async () => {
    const { engine, endpoint, idle } = await setUp({ scatterGather: false });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(endpoint.calls).toEqual(['write 512']);
  });

  it('is not confused with a gadget that is not bound', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    endpoint.enabled = false;
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    endpoint.scatterGather = true;
    endpoint.enable();
    await idle();
    endpoint.complete();
    await idle();
    expect(endpoint.calls).toEqual(['attach a', 'attach a', 'transfer a 512']);
    expect(sink.completions).toMatchObject([{ path: 'dmabuf' }]);
  });

  it('cannot be the reason if the caller knows that it has it: the transfer fails', async () => {
    const { engine, sink, idle } = await setUp({ scatterGather: true });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EPERM', error: { code: 'EPERM' } }]);
  });

  it('fails the stream if copying is not wanted, and says what to do', async () => {
    const { engine, sink, idle } = await setUp({ fallback: 'error' });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.outcomes).toEqual(['a ECANCELED']);
    expect(sink.closings).toMatchObject([{ code: 'EPERM', message: expect.stringContaining("fallback: 'copy'") }]);
  });

  it('fails the stream at once if copying is not wanted and the caller knows', async () => {
    const { sink } = await setUp({ fallback: 'error', scatterGather: false });
    expect(sink.closings).toMatchObject([{ code: 'EPERM' }]);
  });
});

describe('a kernel whose FunctionFS takes no DMABUFs', () => {
  it('is copied for as well', async () => {
    const { engine, endpoint, idle } = await setUp();
    endpoint.refuse('attach', 'ENOTTY');
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(endpoint.calls).toEqual(['attach a', 'write 512']);
  });

  it('fails the stream if copying is not wanted', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ fallback: 'error' });
    endpoint.refuse('attach', 'ENOTTY');
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(sink.closings).toMatchObject([{ code: 'ENOTTY', message: expect.stringContaining('Linux 6.9') }]);
  });
});

describe('the copying path', () => {
  it('gives the same completions, which show the path and the bytes', async () => {
    const { engine, endpoint, sink, idle } = await setUp();
    engine.submit(fakeBuffers(1)[0]!, 100);
    await idle();
    endpoint.completeCopy();
    await idle();
    expect(sink.completions).toMatchObject([{ sequence: 0, status: 'ok', requested: 100, actual: 100, path: 'copy' }]);
    expect(engine.statistics).toMatchObject({ transfers: 1, bytes: 100, inFlight: 0 });
  });

  it('writes the bytes of the buffer', async () => {
    const { engine, endpoint, idle } = await setUp();
    const buffer = new FakeBuffer(4, 'a');
    buffer.memory.set([1, 2, 3, 4]);
    engine.submit(buffer, 3);
    await idle();
    expect(endpoint.copies[0]?.bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(buffer.access, 'the CPU reads while the transfer lasts').toBe('read');
    endpoint.completeCopy();
    await idle();
    expect(buffer.access).toBeUndefined();
  });

  it('reads into the buffer, and knows of short packets', async () => {
    const { engine, endpoint, sink, idle } = await setUp({}, 'out');
    const buffer = new FakeBuffer(8, 'a');
    engine.submit(buffer);
    await idle();
    expect(buffer.access).toBe('write');
    endpoint.copies[0]?.bytes.set([7, 8, 9]);
    endpoint.completeCopy(3);
    await idle();
    expect([...buffer.memory]).toEqual([7, 8, 9, 0, 0, 0, 0, 0]);
    expect(sink.completions).toMatchObject([{ actual: 3, requested: 8 }]);
  });

  it('moves one transfer at a time, in order', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    for (let round = 0; round < 3; round++) {
      await idle();
      expect(endpoint.copies.length).toBe(1);
      endpoint.completeCopy();
    }
    await idle();
    expect(sink.outcomes).toEqual(['a ok', 'b ok', 'c ok']);
  });

  it('reports errors as statuses', async () => {
    const { engine, endpoint, sink, idle } = await setUp({}, 'out');
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    endpoint.completeCopy(0, 'EOVERFLOW');
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EOVERFLOW', actual: 'unknown' }]);
  });

  it.each([0, 513])('refuses a length of %d, as FunctionFS does for DMABUFs', async (length) => {
    const { engine, sink, idle } = await setUp({ scatterGather: false });
    engine.submit(fakeBuffers(1)[0]!, length);
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EINVAL', actual: 0, error: { code: 'EINVAL' } }]);
  });

  it('waits for an endpoint that is not enabled', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    endpoint.enabled = false;
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    expect(engine.statistics.inFlight).toBe(0);
    endpoint.enable();
    await idle();
    endpoint.completeCopy();
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
  });

  it.each([
    ['drop', ['a ESHUTDOWN', 'b ESHUTDOWN', 'c ok']],
    ['replay', ['a ok', 'b ok', 'c ok']],
    ['fail', ['a ESHUTDOWN', 'b ESHUTDOWN', 'c ECANCELED']],
  ] as const)('follows the policy when the endpoint is disabled, as with DMABUFs: %s', async (onDisable, outcomes) => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false, depth: 2, onDisable });
    for (const buffer of fakeBuffers(3)) engine.submit(buffer);
    await idle();
    endpoint.disable();
    await idle();
    endpoint.enable();
    await idle();
    while (endpoint.copies.length > 0) {
      endpoint.completeCopy();
      await idle();
    }
    expect(sink.outcomes).toEqual(outcomes);
  });

  it('is interrupted when the stream is cancelled', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    for (const buffer of fakeBuffers(2)) engine.submit(buffer);
    await idle();
    engine.cancel();
    await settled(endpoint);
    expect(sink.outcomes).toEqual(['a ECONNRESET', 'b ECANCELED']);
    expect(sink.closings).toEqual([undefined]);
  });

  it('is waited for when an interrupt does not end it', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    Object.assign(endpoint, { interrupt: () => {} });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    engine.cancel();
    await idle();
    expect(sink.closings).toEqual([]);
    endpoint.completeCopy();
    await idle();
    expect(sink.outcomes).toEqual(['a ok']);
    expect(sink.closings).toEqual([undefined]);
  });

  it('is cancelled before it has begun while the CPU still waits for the buffer', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    engine.submit(fakeBuffers(1)[0]!);
    engine.cancel();
    await idle();
    expect(endpoint.calls).toEqual([]);
    expect(sink.outcomes).toEqual(['a ECONNRESET']);
  });

  it('ends the stream when the endpoint file is gone', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    for (const buffer of fakeBuffers(2)) engine.submit(buffer);
    await idle();
    endpoint.completeCopy(0, 'ENODEV');
    await idle();
    expect(sink.outcomes).toEqual(['a ENODEV', 'b ECANCELED']);
    expect(sink.closings).toMatchObject([{ code: 'ENODEV' }]);
  });

  it('ends the stream with whatever else goes wrong', async () => {
    const { engine, endpoint, sink, idle } = await setUp({ scatterGather: false });
    engine.submit(fakeBuffers(1)[0]!);
    await idle();
    endpoint.copies.shift()?.reject(new TypeError('a defect'));
    await idle();
    expect(sink.outcomes).toEqual(['a EIO']);
    expect(sink.closings).toEqual([new TypeError('a defect')]);
  });

  it('gives a buffer back that the CPU may not touch', async () => {
    const { engine, sink, idle } = await setUp({ scatterGather: false });
    const [a] = fakeBuffers(1);
    a!.beginCpuAccess = () => Promise.reject(new KernelError('EBADF', 'DMA_BUF_IOCTL_SYNC'));
    engine.submit(a!);
    await idle();
    expect(sink.completions).toMatchObject([{ status: 'EBADF', error: { operation: 'DMA_BUF_IOCTL_SYNC' } }]);
  });
});
