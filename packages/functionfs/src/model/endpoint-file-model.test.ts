import { describe, expect, it } from 'vitest';
import { Bench, outcome } from '../../test/bench.ts';
import { EndpointFileModel } from './endpoint-file-model.ts';
import { EndpointState } from './endpoint-state.ts';
import { FfsData } from './ffs-data.ts';
import { Instance } from './instance.ts';

describe('a file of an instance that is not ACTIVE', () => {
  it('fails with ENODEV before anything else', async () => {
    const bench = new Bench();
    const data = new FfsData(bench.ffs, new Instance('early', () => {}), false);
    const file = new EndpointFileModel(new EndpointState(data, 'ep1', true), true);
    const nothing = { fd: -1 } as never;
    const calls: (() => unknown)[] = [
      () => file.read(new Uint8Array(1)),
      () => file.write(new Uint8Array(1)),
      () => file.attach(nothing),
      () => file.attachBlocking(nothing),
      () => file.detach(nothing),
      () => file.transfer(nothing, 0, 1),
      () => file.transferBlocking(nothing, 0, 1),
      () => file.fifoStatus(),
      () => file.ioctl('FUNCTIONFS_BOGUS'),
    ];
    for (const call of calls) expect(await outcome(call)).toBe('ENODEV');
  });

  it('cannot be opened: ENODEV', async () => {
    const bench = new Bench();
    const instance = bench.functions.create('ffs', 'removed');
    bench.mount = await bench.ffs.mount('removed');
    bench.ep0 = await bench.mount.openEp0();
    instance.release();
    expect(await outcome(() => bench.describe())).toBe('EINVAL');
    expect(await bench.mount.files()).toContain('ep1');
    expect(await outcome(() => bench.open('ep1'))).toBe('ENODEV');
    bench.ep0.close();
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
  });
});
