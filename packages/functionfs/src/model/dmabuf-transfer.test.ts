import { Errno, SECOND } from '@gadgetloom/core';
import { Fence, Usage } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, soFar } from '../../test/bench.ts';
import type { EndpointFileModel } from './endpoint-file-model.ts';

/** Both ways to make the call: as with O_NONBLOCK and without. */
const WAYS = [
  ['transfer', (ep: EndpointFileModel, ...args: readonly [never, number, number?]) => ep.transfer(...args)],
  [
    'transferBlocking',
    (ep: EndpointFileModel, ...args: readonly [never, number, number?]) => ep.transferBlocking(...args),
  ],
] as const;

async function attachedBench(name = 'ep1', size = 8192) {
  const bench = await Bench.configured();
  const ep = await bench.open(name);
  const buffer = bench.allocate(size);
  ep.attach(buffer);
  return { bench, ep, buffer };
}

describe.each(WAYS)('%s, check by check', (_name, transfer) => {
  const tryIt = (ep: EndpointFileModel, file: object, length: number, flags?: number): Promise<string> =>
    outcome(async () => {
      await transfer(ep, file as never, length, flags);
    });

  it('1: flags: EINVAL, even with a bad descriptor', async () => {
    const { ep, buffer } = await attachedBench();
    expect(await tryIt(ep, buffer, 4096, 1)).toBe('EINVAL');
    expect(await tryIt(ep, { fd: -1 }, 4096, 1)).toBe('EINVAL');
  });

  it('2: descriptor: EBADF, EINVAL, whatever the length', async () => {
    const { bench, ep } = await attachedBench();
    const closed = bench.allocate();
    closed.close();
    expect(await tryIt(ep, closed, 0)).toBe('EBADF');
    expect(await tryIt(ep, bench.ep0, 0)).toBe('EINVAL');
  });

  it('3: length 0 or larger than the buffer: EINVAL, attached or not, bound or not', async () => {
    const { bench, ep, buffer } = await attachedBench();
    for (const length of [0, 8193, -1, Number.NaN]) expect(await tryIt(ep, buffer, length)).toBe('EINVAL');
    expect(await tryIt(ep, bench.allocate(4096), 4097)).toBe('EINVAL');
    await bench.gadget.unbind();
    expect(await tryIt(ep, buffer, 0)).toBe('EINVAL');
  });

  it('4: unbound: the kernel crashes; not attached: EPERM', async () => {
    const { bench, ep, buffer } = await attachedBench();
    expect(await tryIt(ep, bench.allocate(), 1)).toBe('EPERM');
    await bench.gadget.unbind();
    expect(await tryIt(ep, buffer, 1)).toBe('ENODEV');
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_TRANSFER']);
  });

  it('11: what the controller answers; the fence that was published fails with the same', async () => {
    const { bench, ep, buffer } = await attachedBench();
    bench.controller.endpoint('ep1in').refusal = { call: 'queue', code: 'ESHUTDOWN' };
    expect(await tryIt(ep, buffer, 1)).toBe('ESHUTDOWN');
    const { slots } = buffer.object.resv;
    expect(slots?.fences.map(({ status }) => status)).toEqual([-Errno.ESHUTDOWN]);
    ep.detach(buffer);
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
  });

  it('12: queued: the first bytes of the mapping, without a zero-length packet at the end', async () => {
    const { bench, ep, buffer } = await attachedBench();
    expect(await tryIt(ep, buffer, 512)).toBe('0');
    const [request] = bench.controller.endpoint('ep1in').requests;
    expect(request).toMatchObject({ length: 512, buffer: undefined, zero: false, streamId: 0 });
    expect(request!.sg!.entries[0]!.memory.length).toBeGreaterThanOrEqual(8192);
  });
});

describe('5: an endpoint that is not enabled', () => {
  it('gives EAGAIN with O_NONBLOCK, and is waited for otherwise', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    expect(await outcome(() => ep1.transfer(buffer, 1))).toBe('EAGAIN');
    const transfer = ep1.transferBlocking(buffer, 1);
    expect(await soFar(transfer)).toBe('pending');
    bench.controller.configure();
    expect((await transfer).status).toBe(0);
  });

  it('is waited for by a call that a detach does not disturb: it keeps the attachment', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const transfer = ep1.transferBlocking(buffer, 1);
    ep1.detach(buffer);
    bench.controller.configure();
    const fence = await transfer;
    expect(buffer.object.attachments).toHaveLength(1);
    bench.controller.endpoint('ep1in').finish();
    await bench.clock.advance(0);
    expect(fence.status).toBe(1);
    expect(buffer.object.attachments).toEqual([]);
  });

  it('ends with EINTR when the file is disposed', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const transfer = outcome(() => ep1.transferBlocking(buffer, 1));
    ep1[Symbol.dispose]();
    expect(await transfer).toBe('EINTR');
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
  });
});

describe('6: the lock of the reservation', () => {
  it('gives EBUSY with O_NONBLOCK, and is waited for otherwise', async () => {
    const { ep, buffer } = await attachedBench();
    const { resv } = buffer.object;
    expect(resv.tryLock()).toBe(true);
    expect(await outcome(() => ep.transfer(buffer, 1))).toBe('EBUSY');
    const transfer = ep.transferBlocking(buffer, 1);
    expect(await soFar(transfer)).toBe('pending');
    resv.unlock();
    expect((await transfer).status).toBe(0);
    expect(resv.locked).toBe(false);
  });

  it('ends with EINTR when the file is disposed', async () => {
    const { bench, ep, buffer } = await attachedBench();
    expect(buffer.object.resv.tryLock()).toBe(true);
    const transfer = outcome(() => ep.transferBlocking(buffer, 1));
    await bench.clock.advance(0);
    ep[Symbol.dispose]();
    expect(await transfer).toBe('EINTR');
    buffer.object.resv.unlock();
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
  });
});

describe('7: fences of others', () => {
  /** Adds an unsignaled fence of somebody else to a buffer. */
  function foreignFence(bench: Bench, buffer: ReturnType<Bench['allocate']>, usage: Usage): Fence {
    const fence = new Fence(bench.dmabuf, 'foreign', '', bench.dmabuf.allocateContexts(), 1);
    const { resv } = buffer.object;
    expect(resv.tryLock()).toBe(true);
    resv.reserve(1);
    resv.add(fence, usage);
    resv.unlock();
    return fence;
  }

  it.each([
    ['ep1', Usage.KERNEL, 'EBUSY'],
    ['ep1', Usage.WRITE, 'EBUSY'],
    ['ep1', Usage.READ, '0'],
    ['ep1', Usage.BOOKKEEP, '0'],
    ['ep2', Usage.KERNEL, 'EBUSY'],
    ['ep2', Usage.WRITE, 'EBUSY'],
    ['ep2', Usage.READ, 'EBUSY'],
    ['ep2', Usage.BOOKKEEP, '0'],
  ] as const)('%s with a fence of class %i: %s', async (name, usage, expected) => {
    const { bench, ep, buffer } = await attachedBench(name);
    const fence = foreignFence(bench, buffer, usage);
    expect(await outcome(() => void ep.transfer(buffer, 1))).toBe(expected);
    fence.signal(-Errno.EIO);
    expect(await outcome(() => void ep.transfer(buffer, 1))).toBe(name === 'ep2' && expected === '0' ? 'EBUSY' : '0');
  });

  it('are waited for up to five seconds without O_NONBLOCK: EBUSY', async () => {
    const { bench, ep, buffer } = await attachedBench();
    foreignFence(bench, buffer, Usage.WRITE);
    const before = bench.clock.now();
    expect(await outcome(() => ep.transferBlocking(buffer, 1))).toBe('EBUSY');
    expect(bench.clock.now() - before).toBe(5 * SECOND);
    expect(buffer.object.resv.locked).toBe(false);
  });

  it('are waited for one after the other, with one limit for all', async () => {
    const { bench, ep, buffer } = await attachedBench();
    const first = foreignFence(bench, buffer, Usage.WRITE);
    const second = foreignFence(bench, buffer, Usage.WRITE);
    bench.clock.setTimer(3 * SECOND, () => first.signal());
    bench.clock.setTimer(4 * SECOND, () => second.signal());
    const before = bench.clock.now();
    expect((await ep.transferBlocking(buffer, 1)).status).toBe(0);
    expect(bench.clock.now() - before).toBe(4 * SECOND);
  });

  it('are waited for with the reservation locked: others get EBUSY meanwhile', async () => {
    const { bench, ep, buffer } = await attachedBench();
    const fence = foreignFence(bench, buffer, Usage.WRITE);
    const transfer = ep.transferBlocking(buffer, 1);
    await bench.clock.advance(1);
    expect(buffer.object.resv.locked).toBe(true);
    expect(await outcome(() => ep.attach(buffer))).toBe('EBUSY');
    fence.signal();
    expect((await transfer).status).toBe(0);
  });

  it('end the wait with EINTR when the file is disposed', async () => {
    const { bench, ep, buffer } = await attachedBench();
    foreignFence(bench, buffer, Usage.WRITE);
    const transfer = outcome(() => ep.transferBlocking(buffer, 1));
    await bench.clock.advance(1);
    ep[Symbol.dispose]();
    expect(await transfer).toBe('EINTR');
    expect(buffer.object.resv.locked).toBe(false);
  });
});

describe('9: an endpoint that was disabled during the waits', () => {
  it('gives ESHUTDOWN, and nothing is published', async () => {
    const { bench, ep, buffer } = await attachedBench();
    expect(buffer.object.resv.tryLock()).toBe(true);
    const transfer = outcome(() => ep.transferBlocking(buffer, 1));
    await bench.clock.advance(0);
    bench.controller.configure(0);
    buffer.object.resv.unlock();
    expect(await transfer).toBe('ESHUTDOWN');
    expect(buffer.object.resv.count).toBe(0);
    expect(buffer.object.resv.locked).toBe(false);
  });
});
