import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigSpace } from './config-space.ts';
import type { PciConfiguration } from './pci-function.ts';

const space = { read: () => 0, write: () => {} };
const plain: PciConfiguration = { vendor: 0x1234, device: 0x11e9, classCode: 0x0c03fe, bars: [{ size: 4096, space }] };

function describeFunction(configuration: Partial<PciConfiguration> = {}) {
  const config = new ConfigSpace();
  config.describe({ ...plain, ...configuration });
  const read = (offset: number, size: number): number => {
    const bytes = new Uint8Array(8);
    config.read(offset, size, bytes);
    return new DataView(bytes.buffer).getUint32(0, true) & (size === 4 ? -1 : (1 << (8 * size)) - 1);
  };
  const write = (offset: number, size: number, value: number): void => {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(1, value, true);
    config.write(offset, size, bytes, 1);
  };
  return { config, read, write };
}

describe('configuration space', () => {
  it('says what the function is', () => {
    const { read } = describeFunction({ subsystemVendor: 0x5678, subsystemDevice: 0x9abc, revision: 7 });
    expect([read(0, 2), read(2, 2)]).toEqual([0x1234, 0x11e9]);
    expect([read(8, 1), read(9, 1), read(0xa, 1), read(0xb, 1)]).toEqual([7, 0xfe, 0x03, 0x0c]);
    expect([read(0x2c, 2), read(0x2e, 2)]).toEqual([0x5678, 0x9abc]);
    expect(read(0x3d, 1)).toBe(1);
    // One function, type 0, no capabilities.
    expect([read(0x0e, 1), read(6, 2), read(0x34, 1)]).toEqual([0, 0, 0]);
  });

  it('tells the size of a BAR to whoever writes ones, and keeps its address', () => {
    const { read, write } = describeFunction({ bars: [undefined, { size: 16, space }, { size: 2 ** 31, space }] });
    for (const at of [0x10, 0x14, 0x18, 0x1c]) write(at, 4, 0xffff_ffff);
    expect([read(0x10, 4), read(0x14, 4), read(0x18, 4), read(0x1c, 4)]).toEqual([0, -16, -(2 ** 31), 0]);
    write(0x14, 4, 0xf000_1000);
    expect(read(0x14, 4) >>> 0).toBe(0xf000_1000);
  });

  it('changes where a driver may change it, and nowhere else', () => {
    const { read, write } = describeFunction({ msi: true });
    for (let at = 0; at < 256; at += 4) write(at, 4, 0xffff_ffff);
    expect([read(0, 4) >>> 0, read(8, 4), read(0x3d, 1)]).toEqual([0x11e91234, 0x0c03fe00, 1]);
    expect(read(4, 4)).toBe(0x0010_0546);
    expect([read(0xc, 1), read(0xd, 1), read(0xe, 2), read(0x3c, 1)]).toEqual([0xff, 0xff, 0, 0xff]);
    expect([read(0x40, 2), read(0x42, 2), read(0x44, 4), read(0x4c, 4)]).toEqual([5, 0x81, -4, 0xffff]);
    // No ROM, nothing behind the capability.
    expect([read(0x30, 4), read(0x50, 4), read(0xfc, 4)]).toEqual([0, 0, 0]);
  });

  it('reads as ones beyond its end, and ignores writes there', () => {
    const { config, read, write } = describeFunction();
    write(254, 4, 0);
    write(4096, 4, 0);
    expect([read(254, 4), read(256, 4), read(2 ** 40, 1)]).toEqual([-65_536, -1, 0xff]);
    expect(config.memoryEnabled).toBe(false);
  });

  it('says where interrupts go', () => {
    const { config, write, read } = describeFunction({ msi: true, interruptPin: 2 });
    expect(config.interruptPin).toBe(2);
    config.interruptStatus = true;
    expect(read(6, 2)).toBe(0x18);
    write(4, 2, 0x400);
    expect(config.interruptPin).toBe(0);
    config.interruptStatus = false;
    expect(read(6, 2)).toBe(0x10);
    expect(config.msiEnabled).toBe(false);
    write(0x44, 4, 0xfee0_0000);
    write(0x48, 4, 1);
    write(0x4c, 2, 0x4142);
    write(0x42, 2, 1);
    expect(config.msiEnabled).toBe(true);
    expect([...config.msiMessage]).toEqual([0, 0, 0xe0, 0xfe, 1, 0, 0, 0, 0x42, 0x41, 0, 0]);
  });

  it('has no MSI unless the function has', () => {
    const { config, write } = describeFunction();
    write(0x42, 2, 1);
    expect(config.msiEnabled).toBe(false);
  });

  it('stays what it is, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(300), fc.constantFrom(1, 2, 4), fc.integer())),
        fc.boolean(),
        (writes, msi) => {
          const { read, write } = describeFunction({ msi });
          for (const [offset, size, value] of writes) write(offset, size, value);
          expect([read(0, 4), read(8, 4), read(0x2c, 4), read(0x34, 1)]).toEqual([
            0x11e91234,
            0x0c03fe00,
            0,
            msi ? 0x40 : 0,
          ]);
          expect(read(0x10, 4) & 0xfff).toBe(0);
        },
      ),
    );
  });

  it.each<[string, Partial<PciConfiguration>]>([
    ['vendor', { vendor: 0xffff }],
    ['device', { device: -1 }],
    ['classCode', { classCode: 0x100_0000 }],
    ['revision', { revision: 1.5 }],
    ['interruptPin', { interruptPin: 5 as never }],
    ['bars.length', { bars: Array(7).fill(undefined) }],
    ['bars[0].size', { bars: [{ size: 8, space }] }],
    ['bars[1].size', { bars: [undefined, { size: 2 ** 32, space }] }],
    ['bars[0].size', { bars: [{ size: 48, space }] }],
  ])('refuses a wrong %s', (field, configuration) => {
    expect(() => describeFunction(configuration)).toThrow(expect.objectContaining({ name: 'InputError', field }));
  });
});
