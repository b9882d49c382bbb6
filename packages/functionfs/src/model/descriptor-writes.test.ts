import { isKernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench, outcome } from '../../test/bench.ts';
import { loopback } from '../../test/functions.ts';
import { encodeDescriptors, encodeStrings } from '../index.ts';

const descriptors = encodeDescriptors(loopback);
const strings = encodeStrings([{ language: 0x409, strings: ['loopbk'] }]);

describe('writing to ep0', () => {
  it('first takes the descriptors, then the strings, and gives their lengths', async () => {
    const { ep0, mount } = await Bench.mounted();
    expect(mount.state).toBe('READ_DESCRIPTORS');
    expect(await ep0.write(descriptors)).toBe(descriptors.length);
    expect(mount.state).toBe('READ_STRINGS');
    expect(await ep0.write(strings)).toBe(strings.length);
    expect(mount.state).toBe('ACTIVE');
  });

  it.each([
    ['less than 16 bytes', descriptors.slice(0, 15), 'EINVAL'],
    ['more than one allocation', new Uint8Array(4 * 1024 * 1024 + 1), 'ENOMEM'],
    ['strings first', strings, 'EINVAL'],
    ['unknown flags', Uint8Array.from([...descriptors.slice(0, 9), 1, ...descriptors.slice(10)]), 'ENOSYS'],
    ['an eventfd that is closed', encodeDescriptors({ ...loopback, eventfd: 77 }), 'EBADF'],
    ['another file for an eventfd', encodeDescriptors({ ...loopback, eventfd: 3 }), 'EINVAL'],
  ])('refuses %s', async (_, blob, code) => {
    const { ep0, mount } = await Bench.mounted();
    expect(await outcome(() => ep0.write(blob))).toBe(code);
    expect(mount.state).toBe('READ_DESCRIPTORS');
  });

  it('says where the descriptors are wrong', async () => {
    const { ep0 } = await Bench.mounted();
    const blob = encodeDescriptors({ full: [...loopback.full!, { type: 'class', body: new Uint8Array(7) }] });
    await expect(ep0.write(blob)).rejects.toThrow(
      /write ep0: EINVAL: Not accepted\. full-speed descriptor 6 \(type 0x21\), at byte 54: type 0x21 is known after/,
    );
  });

  it('stays in READ_STRINGS when the strings are refused, and takes better ones', async () => {
    const { ep0, mount } = await Bench.mounted();
    await ep0.write(descriptors);
    expect(await outcome(() => ep0.write(encodeStrings([])))).toBe('EINVAL');
    expect(mount.state).toBe('READ_STRINGS');
    expect(await outcome(() => ep0.write(strings))).toBe(String(strings.length));
  });

  it('after a refusal compares the next blob with what the refused one began, until all is closed', async () => {
    const bench = await Bench.mounted();
    const tooLong = new Uint8Array(descriptors.length + 1);
    tooLong.set(descriptors);
    new DataView(tooLong.buffer).setUint32(4, tooLong.length, true);
    const fewer = encodeDescriptors({ high: [{ ...loopback.high![0]!, string: 0 } as never] });
    expect(await outcome(() => bench.ep0.write(tooLong))).toBe('EINVAL');
    expect(await outcome(() => bench.ep0.write(fewer))).toBe('EINVAL');
    bench.ep0.close();
    bench.ep0 = await bench.mount.openEp0();
    expect(await outcome(() => bench.ep0.write(fewer))).toBe(String(fewer.length));
  });

  it('keeps the flags of an earlier blob for a legacy one, which has none', async () => {
    const bench = await Bench.mounted();
    await bench.ep0.write(encodeDescriptors({ ...loopback, virtualAddress: true }));
    bench.ep0.close();
    bench.ep0 = await bench.mount.openEp0();
    await bench.ep0.write(encodeDescriptors({ format: 'legacy', full: loopback.full!, high: loopback.high! }));
    await bench.ep0.write(strings);
    expect(await bench.mount.files()).toEqual(['ep0', 'ep81', 'ep02', 'ep83', 'ep04']);
  });

  it('and reading fail with EBADFD where the state does not allow them', async () => {
    const bench = await Bench.mounted();
    expect(await outcome(() => bench.ep0.read(new Uint8Array(12)))).toBe('EBADFD');
    await bench.ep0.write(descriptors);
    expect(await outcome(() => bench.ep0.read(new Uint8Array(12)))).toBe('EBADFD');
  });

  it('does not hold on to the bytes', async () => {
    const bench = await Bench.mounted();
    const blob = descriptors.slice();
    await bench.ep0.write(blob);
    blob.fill(0);
    await bench.ep0.write(strings);
    await bench.gadget.bind();
    expect(bench.gadget.bound).toBe(true);
  });
});

describe('a blob of descriptors with VIRTUAL_ADDR', () => {
  it('names the files after the addresses', async () => {
    const bench = await Bench.active({ descriptors: { ...loopback, virtualAddress: true } });
    expect(await bench.mount.files()).toEqual(['ep0', 'ep81', 'ep02', 'ep83', 'ep04']);
    expect((await bench.open('ep02')).direction).toBe('out');
  });
});

describe('an error of the instance', () => {
  it('is a KernelError with the cause inside', async () => {
    const { ep0 } = await Bench.mounted();
    try {
      await ep0.write(strings);
      expect.unreachable();
    } catch (error) {
      expect(isKernelError(error, 'EINVAL')).toBe(true);
      expect((error as Error).cause).toMatchObject({ offset: 0, where: 'head' });
    }
  });
});
