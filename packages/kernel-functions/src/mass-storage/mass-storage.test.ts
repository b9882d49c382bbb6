import { readFileSync } from 'node:fs';
import { Errno } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { diskStack, imageFile } from '../../test/disk-stack.ts';
import { BACKENDS } from '../../test/serial-stack.ts';
import { massStorageDescriptors } from '../model/mass-storage/mass-storage-descriptors.ts';

const MIB = 1024 * 1024;
const READY = { cdb: [0, 0, 0, 0, 0, 0] };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.each(BACKENDS)('mass_storage of the kernel on %s', (backend) => {
  it('keeps what a host writes in its file', async () => {
    const file = imageFile(MIB);
    const { host } = await diskStack(backend, { luns: [{ file, removable: true }] });
    expect(await host.command(READY)).toMatchObject({ status: 1 });
    expect(await host.command(READY)).toMatchObject({ status: 0 });
    const out = Uint8Array.from({ length: 96 * 512 }, (_, at) => (at * 7 + (at >> 9)) & 0xff);
    expect(await host.command({ cdb: [0x2a, 0, 0, 0, 0, 5, 0, 0, 96, 0], out })).toMatchObject({
      status: 0,
      residue: 0,
    });
    expect(await host.command({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 0 });
    const { data } = await host.command({ cdb: [0x28, 0, 0, 0, 0, 5, 0, 0, 96, 0], in: out.length });
    expect(Buffer.compare(data, out)).toBe(0);
    expect(Buffer.compare(readFileSync(file).subarray(5 * 512, 101 * 512), out)).toBe(0);
  });

  it('gets over a reset in mid-command, a new configuration, and a command that is none', async () => {
    const { host, pipes, device } = await diskStack(backend, { stall: true, luns: [{ file: imageFile(MIB) }] });
    const wrapper = new Uint8Array(31);
    wrapper.set([0x55, 0x53, 0x42, 0x43, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 10, 0x2a, 0, 0, 0, 0, 0, 0, 0, 128, 0]);
    await host.command(READY);
    await pipes.send(wrapper);
    await pipes.send(new Uint8Array(1024));
    await host.recover();
    expect(await host.command(READY)).toMatchObject({ status: 0 });
    await pipes.send(wrapper);
    await device.setConfiguration(1);
    expect(await host.command(READY)).toMatchObject({ status: 1 });
    expect(await host.command(READY)).toMatchObject({ status: 0 });
    await pipes.send(Uint8Array.of(1, 2, 3));
    expect(await pipes.receive(13)).toBeUndefined();
    await pipes.clearHalt('in');
    // It is wedged, where the controller can do that: only a reset helps.
    await host.recover();
    expect(await host.command(READY)).toMatchObject({ status: 0 });
  });
});

describe('mass_storage of the kernel', () => {
  it('has the descriptors of storage_common.c', () => {
    const numbers = { interfaceNumber: 0, string: 5, in: 0x81, out: 0x01 };
    const head = [9, 4, 0, 0, 2, 8, 6, 0x50, 5];
    expect([...massStorageDescriptors(numbers, 'full')]).toEqual([
      ...head,
      ...[7, 5, 0x81, 2, 64, 0, 0],
      ...[7, 5, 0x01, 2, 64, 0, 0],
    ]);
    expect([...massStorageDescriptors(numbers, 'high')]).toEqual([
      ...head,
      ...[7, 5, 0x81, 2, 0, 2, 0],
      ...[7, 5, 0x01, 2, 0, 2, 1],
    ]);
    expect([...massStorageDescriptors(numbers, 'super')]).toEqual([
      ...head,
      ...[7, 5, 0x81, 2, 0, 4, 0, 6, 0x30, 15, 0, 0, 0],
      ...[7, 5, 0x01, 2, 0, 4, 0, 6, 0x30, 15, 0, 0, 0],
    ]);
  });

  it('answers INQUIRY with its own names, or with those of the attribute', async () => {
    const luns = [{ file: imageFile(MIB) }, { removable: true, inquiry_string: 'ACME    Second          9.9' }];
    const { host } = await diskStack('mock', { luns });
    const name = async (unit: number) =>
      text((await host.command({ cdb: [0x12, 0, 0, 0, 36, 0], in: 36, unit })).data.subarray(8));
    expect(await name(0)).toBe('Linux   File-Stor Gadget0612');
    expect(await name(1)).toBe('ACME    Second          9.9 ');
  });

  it('answers Get Max LUN for exactly one byte', async () => {
    const luns = [{ file: imageFile(MIB) }, { removable: true }];
    const { device } = await diskStack('mock', { luns });
    const answer = new Uint8Array(2);
    const ask = async (length: number) =>
      (await device.startControl({ requestType: 0xa1, request: 0xfe, value: 0, index: 0, length }, answer)).done;
    expect([await ask(1), answer[0]]).toEqual([1, 1]);
    expect(await ask(2)).toBe(-Errno.EPIPE);
  });

  it('refuses a file that is not there, and one that is too small', async () => {
    const none = diskStack('mock', { luns: [{ file: '/none' }] });
    await expect(none).rejects.toThrow(/lun.0\/file: ENOENT: open \/none/);
    const small = diskStack('mock', { luns: [{ file: imageFile(100) }] });
    await expect(small).rejects.toThrow(/lun.0\/file.*has 100 bytes; a disk needs at least 512 bytes/);
  });
});
