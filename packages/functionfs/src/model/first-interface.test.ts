import { Errno } from '@gadgetloom/core';
import { Usage } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, settle } from '../../test/bench.ts';

async function attachedBench(name: string) {
  const bench = await Bench.configured({ firstInterface: true });
  const ep = await bench.open(name);
  const buffer = bench.allocate();
  ep.attach(buffer);
  return { bench, ep, buffer, hardware: bench.controller.endpoint(name === 'ep1' ? 'ep1in' : 'ep2out') };
}

describe('the interface as it was published first', () => {
  it.each([
    ['ep1', 'from-device'],
    ['ep2', 'to-device'],
  ])('maps the wrong way round: %s %s', async (name, direction) => {
    const bench = await Bench.bound({ firstInterface: true });
    const seen: string[] = [];
    const object = bench.dmabuf.export({
      exporterName: 't',
      size: 1,
      priv: 0,
      ops: {
        mapDmaBuf: (_attachment, way) => {
          seen.push(way);
          return { entries: [] };
        },
        unmapDmaBuf: () => {},
        release: () => {},
      },
    });
    (await bench.open(name)).attach(bench.dmabuf.open(object));
    expect(seen).toEqual([direction]);
  });

  it('never waits for fences: EBUSY at once, also without O_NONBLOCK', async () => {
    const { bench, ep, buffer } = await attachedBench('ep2');
    ep.transfer(buffer, 1);
    const before = bench.clock.now();
    expect(await outcome(() => ep.transferBlocking(buffer, 1))).toBe('EBUSY');
    expect(bench.clock.now()).toBe(before);
    expect(buffer.object.resv.locked).toBe(false);
  });

  it('lets an IN transfer wait for readers and writers, an OUT transfer for writers', async () => {
    const { bench, ep: ep1, buffer } = await attachedBench('ep1');
    const ep2 = await bench.open('ep2');
    ep2.attach(buffer);
    ep1.transfer(buffer, 1);
    expect(buffer.object.resv.fences(Usage.WRITE)).toEqual([]);
    expect(await outcome(() => void ep1.transfer(buffer, 1))).toBe('EBUSY');
    expect(await outcome(() => void ep2.transfer(buffer, 1))).toBe('0');
    expect(buffer.object.resv.fences(Usage.WRITE)).toHaveLength(1);
    expect(await outcome(() => void ep2.transfer(buffer, 1))).toBe('EBUSY');
  });

  it('cancels on DETACH and close as today', async () => {
    const { ep, buffer } = await attachedBench('ep1');
    const fence = ep.transfer(buffer, 1);
    ep.detach(buffer);
    expect(fence.status).toBe(-Errno.ECONNRESET);
  });

  it('dequeues a request that it has freed, on DETACH or close after completion: a hazard', async () => {
    const { bench, ep, buffer, hardware } = await attachedBench('ep1');
    ep.transfer(buffer, 1);
    hardware.finish();
    await settle();
    ep.detach(buffer);
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_DETACH']);
    ep.attach(buffer);
    ep.transfer(buffer, 1);
    hardware.finish();
    ep.close();
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_DETACH', 'close ep1']);
  });

  it('releases a fence that was never initialised if the endpoint was disabled during the wait: a hazard', async () => {
    const { bench, ep, buffer } = await attachedBench('ep1');
    expect(buffer.object.resv.tryLock()).toBe(true);
    const transfer = outcome(() => ep.transferBlocking(buffer, 1));
    await settle();
    bench.controller.configure(0);
    buffer.object.resv.unlock();
    expect(await transfer).toBe('ESHUTDOWN');
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_TRANSFER']);
  });

  it('counts seqnos per endpoint, as today', async () => {
    const { ep, buffer, hardware } = await attachedBench('ep1');
    const seqnos = [1, 2].map(() => {
      const { seqno } = ep.transfer(buffer, 1);
      hardware.finish();
      return seqno;
    });
    expect(seqnos).toEqual([1, 2]);
  });
});
