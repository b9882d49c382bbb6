import { describe, expect, it } from 'vitest';
import { Kernel, kernelError } from '../../test/kernel.ts';
import type { DmaBufOps, ExportInfo } from './exporter-ops.ts';
import { Reservation } from './reservation.ts';

const kernel = new Kernel();
const minimal: DmaBufOps = { mapDmaBuf: () => ({ entries: [] }), unmapDmaBuf: () => {}, release: () => {} };
const info = (ops: Partial<Record<keyof DmaBufOps, unknown>>, rest: Partial<ExportInfo> = {}): ExportInfo => ({
  exporterName: 'test',
  size: 4096,
  priv: {},
  ...rest,
  ops: { ...minimal, ...ops } as DmaBufOps,
});
const nothing = (): void => {};

describe('exporting', () => {
  it('takes an exporter with what is mandatory', () => {
    const buffer = kernel.export(info({}));
    expect(buffer).toMatchObject({ exporterName: 'test', size: 4096, flags: 0, references: 1, isDynamic: false });
  });

  it.each([
    ['mapDmaBuf is mandatory', info({ mapDmaBuf: undefined })],
    ['unmapDmaBuf is mandatory', info({ unmapDmaBuf: undefined })],
    ['release is mandatory', info({ release: undefined })],
    ['priv is missing', info({}, { priv: undefined })],
    ['priv is missing', info({}, { priv: null })],
    ['ops are missing', { exporterName: 'test', size: 4096, priv: {} } as unknown as ExportInfo],
    ['exporterName is missing', { ...info({}), exporterName: undefined } as unknown as ExportInfo],
    ['cacheSgtMapping excludes pin', info({ cacheSgtMapping: true, pin: nothing, unpin: nothing })],
    ['cacheSgtMapping excludes pin', info({ cacheSgtMapping: true, pin: nothing })],
    ['cacheSgtMapping excludes pin', info({ cacheSgtMapping: true, unpin: nothing })],
    ['only go together', info({ pin: nothing })],
    ['only go together', info({ unpin: nothing })],
  ])('refuses because: %s', (reason, wrong) => {
    expect(() => kernel.export(wrong)).toThrow(kernelError('EINVAL'));
    expect(() => kernel.export(wrong)).toThrow(reason);
  });

  it('takes a driver that is being unloaded for gone', () => {
    const owner = { name: 'udmabuf', going: true };
    expect(() => kernel.export(info({}, { owner }))).toThrow(kernelError('ENOENT'));
    expect(kernel.export(info({}, { owner: { name: 'udmabuf', going: false } })).references).toBe(1);
  });

  it('calls an exporter that pins a dynamic one', () => {
    expect(kernel.export(info({ pin: nothing, unpin: nothing })).isDynamic).toBe(true);
  });

  it('keeps the access mode and O_NONBLOCK of the flags', () => {
    expect(kernel.export(info({}, { flags: 0o2004002 })).flags).toBe(0o4002);
  });

  it('numbers the buffers', () => {
    const fresh = new Kernel();
    expect([fresh.export(info({})).inode, fresh.export(info({})).inode]).toEqual([1, 2]);
  });

  it('uses the reservation that it is given', () => {
    const resv = new Reservation(kernel);
    expect(kernel.export(info({}, { resv })).resv).toBe(resv);
    expect(kernel.export(info({})).resv).not.toBe(kernel.export(info({})).resv);
  });
});
