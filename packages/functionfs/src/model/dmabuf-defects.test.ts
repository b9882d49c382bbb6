import { describe, expect, it } from 'vitest';
import { Bench, settle } from '../../test/bench.ts';

const TRANSFER = 'FUNCTIONFS_DMABUF_TRANSFER';

describe('defects of the kernel are traced as hazards, and do no harm here', () => {
  it('a: TRANSFER and DETACH while unbound say that a real kernel would crash', async () => {
    const bench = await Bench.active();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    expect(() => ep1.detach(buffer)).toThrow(/FUNCTIONFS_DMABUF_DETACH: ENODEV: A real kernel would crash here/);
    expect(() => ep1.transfer(buffer, 1)).toThrow(/FUNCTIONFS_DMABUF_TRANSFER: ENODEV: A real kernel would crash here/);
    await expect(ep1.transferBlocking(buffer, 1)).rejects.toThrow('would crash');
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_DETACH', TRANSFER, TRANSFER]);
  });

  it('b: the fence of an IN transfer that a second one replaces still signals', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const first = ep1.transfer(buffer, 1);
    expect(bench.hazards).toEqual([]);
    const second = ep1.transfer(buffer, 2);
    expect(bench.hazards).toEqual([TRANSFER]);
    expect(buffer.object.resv.slots?.fences).toEqual([second]);
    const hardware = bench.controller.endpoint('ep1in');
    hardware.finish();
    expect([first.status, second.status]).toEqual([1, 0]);
    hardware.finish();
    expect(second.status).toBe(1);
  });

  it('b: is none if the first is done, or if it kept a slot of its own', async () => {
    const bench = await Bench.configured();
    const [ep1, ep3] = [await bench.open('ep1'), await bench.open('ep3')];
    const buffer = bench.allocate();
    ep1.attach(buffer);
    ep3.attach(buffer);
    ep3.transfer(buffer, 1);
    ep1.transfer(buffer, 1);
    bench.controller.endpoint('ep6in').finish();
    ep1.transfer(buffer, 1);
    expect(bench.hazards).toEqual([]);
    bench.controller.endpoint('ep1in').finish();
    bench.controller.endpoint('ep1in').finish();
    ep1.transfer(buffer, 1);
    expect(bench.hazards).toEqual([]);
  });

  it('c: a sync file outlives the attachment whose fence it holds', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    ep1.transfer(buffer, 1);
    const file = buffer.exportSyncFile(2);
    ep1.detach(buffer);
    await settle();
    expect(buffer.object.attachments).toEqual([]);
    expect(file.info().fences).toMatchObject([{ driverName: 'functionfs', status: -104 }]);
  });
});
