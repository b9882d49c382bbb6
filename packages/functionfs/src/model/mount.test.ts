import { describe, expect, it } from 'vitest';
import { Bench, outcome } from '../../test/bench.ts';

describe('mounting', () => {
  it('fails with ENODEV while there is no ffs function: the file system is not even registered', async () => {
    const bench = new Bench();
    await bench.gadget[Symbol.asyncDispose]();
    expect(await outcome(() => bench.ffs.mount('loop'))).toBe('ENODEV');
  });

  it('fails with ENOENT for another instance, and names those that there are', async () => {
    const bench = new Bench({ instances: ['a', 'b'] });
    await expect(bench.ffs.mount('c')).rejects.toThrow('ENOENT: There are: a, b.');
  });

  it('fails with EBUSY while the instance is mounted, and works again after unmounting', async () => {
    const bench = new Bench({ instances: ['a', 'b'] });
    const mount = await bench.ffs.mount('a');
    expect(await outcome(() => bench.ffs.mount('a'))).toBe('EBUSY');
    expect(await outcome(() => bench.ffs.mount('b'))).toBe('0');
    await mount.unmount();
    expect(await outcome(() => bench.ffs.mount('a'))).toBe('0');
  });

  it.each([
    [{}, { rootMode: 0o500, fileMode: 0o600, uid: 0, gid: 0 }],
    [
      { rootMode: 0o777, fileMode: 0o777, uid: 5, gid: 6 },
      { rootMode: 0o555, fileMode: 0o666, uid: 5, gid: 6 },
    ],
  ])('masks the modes: %o', async (mount, permissions) => {
    const bench = await Bench.mounted({ mount });
    expect(bench.mount.permissions).toEqual(permissions);
  });

  it('shows ep0 alone, and the endpoints once the strings were accepted', async () => {
    const bench = await Bench.mounted();
    expect(await bench.mount.files()).toEqual(['ep0']);
    await bench.describe();
    expect(await bench.mount.files()).toEqual(['ep0', 'ep1', 'ep2', 'ep3', 'ep4']);
    bench.ep0.close();
    expect(await bench.mount.files()).toEqual(['ep0']);
  });
});

describe('unmounting', () => {
  it('fails with EBUSY while files are open', async () => {
    const bench = await Bench.mounted();
    expect(await outcome(() => bench.mount.unmount())).toBe('EBUSY');
    bench.ep0.close();
    expect(await outcome(() => bench.mount.unmount())).toBe('0');
    expect(await outcome(() => bench.mount.files())).toBe('ENOENT');
    expect(await outcome(() => bench.mount.openEp0())).toBe('ENOENT');
    expect(await outcome(() => bench.mount.unmount())).toBe('ENOENT');
  });

  it('by disposing closes what is open, interrupts what is in progress, and leaves nothing behind', async () => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const reading = outcome(() => ep2.read(new Uint8Array(64)));
    bench.ep0.nonblock = false;
    const events = outcome(() => bench.ep0.read(new Uint8Array(64)));
    await bench.mount[Symbol.asyncDispose]();
    await bench.mount[Symbol.asyncDispose]();
    expect(await reading).toBe('EINTR');
    expect(await events).toBe('EINTR');
    expect(bench.gadget.bound).toBe(false);
    expect(bench.dmabuf.files.count).toBe(0);
    expect(await outcome(() => bench.ffs.mount('loop'))).toBe('0');
  });
});

describe('a function directory', () => {
  it('takes names of up to 40 characters: ENAMETOOLONG', () => {
    const bench = new Bench();
    expect(() => bench.functions.create('ffs', 'x'.repeat(41))).toThrow('ENAMETOOLONG');
    expect(bench.functions.create('ffs', 'x'.repeat(40)).ready).toBe(false);
  });

  it('takes a name only once, in whichever gadget: EBUSY', () => {
    const bench = new Bench();
    expect(() => bench.functions.create('ffs', 'loop')).toThrow('EBUSY');
  });

  it('is ready between accepted strings and the last close', async () => {
    const bench = new Bench();
    const instance = bench.functions.create('ffs', 'other');
    const mount = await bench.ffs.mount('other');
    const ep0 = await mount.openEp0();
    bench.mount = mount;
    bench.ep0 = ep0;
    expect(instance.ready).toBe(false);
    await bench.describe();
    expect(instance.ready).toBe(true);
    ep0.close();
    expect(instance.ready).toBe(false);
  });

  it('may be removed while it is mounted: strings are then refused with EINVAL, and the instance closes', async () => {
    const bench = new Bench();
    const instance = bench.functions.create('ffs', 'other');
    bench.mount = await bench.ffs.mount('other');
    bench.ep0 = await bench.mount.openEp0();
    instance.release();
    expect(await outcome(() => bench.describe())).toBe('EINVAL');
    expect(bench.mount.state).toBe('CLOSING');
    expect(await outcome(() => bench.mount.openEp0())).toBe('EBUSY');
  });

  it('is not known any more once the model is disposed', () => {
    const bench = new Bench();
    bench.ffs[Symbol.dispose]();
    bench.ffs[Symbol.dispose]();
    expect(() => bench.functions.create('ffs', 'more')).toThrow('ENOENT');
  });
});
