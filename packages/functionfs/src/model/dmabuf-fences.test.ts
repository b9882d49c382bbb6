import { Errno, POLLIN, POLLOUT } from '@gadgetloom/core';
import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '@gadgetloom/dmabuf';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, soFar } from '../../test/bench.ts';

async function attachedBench(name: string) {
  const bench = await Bench.configured();
  const ep = await bench.open(name);
  const buffer = bench.allocate();
  ep.attach(buffer);
  const hardware = bench.controller.endpoint(name === 'ep1' ? 'ep1in' : 'ep2out');
  return { bench, ep, buffer, hardware };
}

describe('the fence of a transfer', () => {
  it.each([
    ['ep1', { poll: POLLIN, again: '0', forRead: 0, forWrite: 1 }],
    ['ep2', { poll: 0, again: 'EBUSY', forRead: 1, forWrite: 1 }],
  ])('counts as what it is: %s, an IN endpoint reads memory, an OUT endpoint writes it', async (name, expected) => {
    const { ep, buffer, hardware } = await attachedBench(name);
    const fence = ep.transfer(buffer, 4096);
    expect(buffer.poll(POLLIN | POLLOUT)).toBe(expected.poll);
    const [forRead, forWrite] = [DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE].map((flags) => buffer.exportSyncFile(flags));
    expect(forRead!.fence === fence ? 1 : 0).toBe(expected.forRead);
    expect(forWrite!.fence === fence ? 1 : 0).toBe(expected.forWrite);
    expect(await outcome(() => void ep.transfer(buffer, 4096))).toBe(expected.again);
    while (hardware.requests.length > 0) hardware.finish();
    expect(buffer.poll(POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
    expect(fence.status).toBe(1);
  });

  it('has the names, context and seqno of f_fs.c', async () => {
    const { bench, ep, buffer, hardware } = await attachedBench('ep1');
    const other = bench.allocate();
    ep.attach(other);
    const fences = [ep.transfer(buffer, 1), ep.transfer(other, 1), ep.transfer(other, 1)];
    expect(fences.map(({ driverName, timelineName }) => [driverName, timelineName])).toEqual(
      new Array<string[]>(3).fill(['functionfs', '']),
    );
    const [first, second, third] = fences.map(({ context }) => context);
    expect(second).toBe(third);
    expect(first).not.toBe(second);
    // The endpoint counts, not the context.
    expect(fences.map(({ seqno }) => seqno)).toEqual([1, 2, 3]);
    const again = await bench.open('ep1');
    expect(again.transfer(buffer, 1).seqno).toBe(4);
    expect(buffer.exportSyncFile(DMA_BUF_SYNC_WRITE).info().name).toBe(`functionfs-${first}-4`);
    while (hardware.requests.length > 0) hardware.finish();
  });

  it.each([
    ['full', 0, 4096, 1],
    ['short', 0, 100, 1],
    ['empty', 0, 0, 1],
    ['EOVERFLOW', -Errno.EOVERFLOW, 100, -Errno.EOVERFLOW],
    ['EPIPE', -Errno.EPIPE, 0, -Errno.EPIPE],
    ['EXDEV', -Errno.EXDEV, 0, -Errno.EXDEV],
    ['ECONNRESET', -Errno.ECONNRESET, 10, -Errno.ECONNRESET],
  ])('has the status of the request: %s', async (_, status, actual, expected) => {
    const { ep, buffer, hardware } = await attachedBench('ep2');
    const fence = ep.transfer(buffer, 4096);
    expect(fence.status).toBe(0);
    hardware.finish(status, actual);
    expect(fence.status).toBe(expected);
    expect(buffer.poll(POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
  });

  it('may be told in a callback that starts the next transfer', async () => {
    const { ep, buffer, hardware } = await attachedBench('ep1');
    let left = 3;
    const callback = {
      fenceSignaled: () => {
        if (--left > 0) ep.transfer(buffer, left).addCallback(callback);
      },
    };
    ep.transfer(buffer, 4).addCallback(callback);
    const lengths: number[] = [];
    while (hardware.requests.length > 0) {
      lengths.push(hardware.requests[0]!.length);
      hardware.finish();
    }
    expect(lengths).toEqual([4, 2, 1]);
  });
});

describe('transfers', () => {
  it('complete in the order of queueing, mixed with read and write', async () => {
    const { ep, buffer, hardware } = await attachedBench('ep1');
    const order: string[] = [];
    ep.transfer(buffer, 1).addCallback({ fenceSignaled: () => order.push('first') });
    const writing = ep.write(new Uint8Array(2)).then(() => order.push('write'));
    expect(await soFar(writing)).toBe('pending');
    ep.transfer(buffer, 3).addCallback({ fenceSignaled: () => order.push('second') });
    expect(hardware.requests.map(({ length }) => length)).toEqual([1, 2, 3]);
    hardware.finish();
    hardware.finish();
    await writing;
    hardware.finish();
    expect(order).toEqual(['first', 'write', 'second']);
  });

  it('out of a buffer and into it exclude each other', async () => {
    const { bench, ep, buffer, hardware } = await attachedBench('ep1');
    const ep2 = await bench.open('ep2');
    ep2.attach(buffer);
    ep.transfer(buffer, 1);
    expect(await outcome(() => void ep2.transfer(buffer, 1))).toBe('EBUSY');
    hardware.finish();
    ep2.transfer(buffer, 1);
    expect(await outcome(() => void ep.transfer(buffer, 1))).toBe('EBUSY');
  });

  it('use the same requests over and over', async () => {
    const { bench, ep, buffer, hardware } = await attachedBench('ep1');
    const requests = new Set<object>();
    for (let n = 0; n < 100; n++) {
      ep.transfer(buffer, 1);
      ep.transfer(buffer, 1);
      for (const request of hardware.requests) requests.add(request);
      hardware.finish();
      hardware.finish();
      await bench.clock.advance(0);
    }
    expect(requests.size).toBe(2);
    expect(buffer.object.resv.count).toBe(1);
  });
});
