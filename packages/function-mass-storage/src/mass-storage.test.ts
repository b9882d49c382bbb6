import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from '@gadgetloom/backend-mock';
import { Errno } from '@gadgetloom/core';
import { composeStack, defineGadget, describeGadget, formatDescription, parseGadget } from '@gadgetloom/gadget';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BACKENDS, diskRig } from '../test/disk-rig.ts';
import { massStorage, memoryStore, type StorageEvent } from './index.ts';
import { storagePipes } from './testing/index.ts';

const MIB = 1024 * 1024;
const read = (block: number, blocks: number) => ({
  cdb: [0x28, 0, 0, 0, block >> 8, block & 0xff, 0, blocks >> 8, blocks & 0xff, 0],
  in: blocks * 512,
});
const write = (block: number, out: Uint8Array) => ({
  cdb: [0x2a, 0, 0, 0, block >> 8, block & 0xff, 0, (out.length / 512) >> 8, (out.length / 512) & 0xff, 0],
  out,
});
/** Deep equality of large arrays takes seconds. */
const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
const pattern = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 9) + seed) & 0xff);

describe.each(Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])('a disk on %s', (backend) => {
  it('keeps what hosts write, in pieces of every size', async () => {
    const store = memoryStore({ size: MIB });
    await using rig = await diskRig(backend, { store });
    expect(rig.disk.counters).toEqual({ read: 0, written: 0, flushes: 0 });
    const copies = backend === 'musb' || backend === 'mock without scatter-gather';
    expect(rig.disk.path).toBe(copies ? 'copy' : 'dmabuf');
    for (const [block, length] of [
      [0, 512],
      [1, 4096],
      [100, 16384],
      [200, 120 * 1024],
      [600, 300 * 512],
    ] as const) {
      const bytes = pattern(length, block);
      expect(await rig.host.command(write(block, bytes))).toMatchObject({ status: 0, residue: 0 });
      expect(same(store.bytes.subarray(block * 512, block * 512 + length), bytes)).toBe(true);
      const result = await rig.host.command(read(block, length / 512));
      expect(result).toMatchObject({ status: 0, residue: 0 });
      expect(same(result.data, bytes)).toBe(true);
    }
    expect(rig.errors).toEqual([]);
  });

  it('answers hosts that ask for more than there is, and those that end early', async () => {
    await using rig = await diskRig(backend, { memory: MIB });
    const inquiry = await rig.host.command({ cdb: [0x12, 0, 0, 0, 255, 0], in: 255 });
    expect(inquiry).toMatchObject({ status: 0, residue: 255 - 36 });
    const long = { ...read(2040, 8), in: 65536 };
    const result = await rig.host.command(long);
    expect([result.status, result.residue, result.data.length]).toEqual([0, 65536 - 4096, 4096]);
    expect(await rig.host.command({ ...read(2040, 64) })).toMatchObject({ status: 1, residue: 64 * 512 });
    expect(await rig.host.command({ cdb: [0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 0 });
    expect(rig.errors).toEqual([]);
  });

  it('gets over a reset in mid-command, and over a new configuration', async () => {
    await using rig = await diskRig(backend, { memory: MIB });
    const wrapper = new Uint8Array(31);
    wrapper.set([0x55, 0x53, 0x42, 0x43, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 10, 0x2a, 0, 0, 0, 0, 0, 0, 0, 128, 0]);
    const pipes = storagePipes(rig.device);
    await pipes.send(wrapper);
    await pipes.send(new Uint8Array(1024));
    await rig.host.recover();
    const bytes = pattern(65536, 3);
    expect(await rig.host.command(write(0, bytes))).toMatchObject({ status: 0, residue: 0 });
    await pipes.send(wrapper);
    await rig.device.setConfiguration(1);
    expect(await rig.host.command({ cdb: [0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 1 });
    expect(same((await rig.host.command(read(0, 128))).data, bytes)).toBe(true);
    expect(rig.errors).toEqual([]);
  });

  it('halts IN for a command that is none, until the host resets it', async () => {
    await using rig = await diskRig(backend, { memory: MIB });
    const pipes = storagePipes(rig.device);
    await pipes.send(Uint8Array.of(1, 2, 3));
    expect(await pipes.receive(13)).toBeUndefined();
    await rig.host.recover();
    expect(await rig.host.command({ cdb: [0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 0 });
  });
});

describe('a disk', () => {
  it('answers Get Max LUN, and refuses what its class does not have', async () => {
    await using rig = await diskRig('mock', {
      luns: [{ memory: MIB }, { removable: true }, { memory: MIB, cdrom: true }],
    });
    const answer = new Uint8Array(1);
    const ask = async (request: number, value: number) =>
      (await rig.device.startControl({ requestType: 0xa1, request, value, index: 0, length: 1 }, answer)).done;
    expect([await ask(0xfe, 0), answer[0]]).toEqual([1, 2]);
    expect(await ask(0xfe, 1)).toBe(-Errno.EPIPE);
    expect(await ask(0xfd, 0)).toBe(-Errno.EPIPE);
    expect(rig.disk.units.map(({ store }) => store?.size)).toEqual([MIB, undefined, MIB]);
  });

  it('is ejected by its host, gets another medium, and tells what happens', async () => {
    await using rig = await diskRig('mock', { memory: MIB, removable: true });
    const events: StorageEvent[] = [];
    rig.disk.onEvent((event) => void events.push(event));
    await rig.host.command({ cdb: [0x1e, 0, 0, 0, 1, 0] });
    await expect(rig.disk.eject()).rejects.toMatchObject({ code: 'EBUSY' });
    await rig.host.command({ cdb: [0x1e, 0, 0, 0, 0, 0] });
    await rig.host.command({ cdb: [0x1b, 0, 0, 0, 2, 0] });
    expect(rig.disk.store).toBeUndefined();
    await rig.disk.insert(memoryStore({ bytes: pattern(MIB, 1) }));
    expect(await rig.host.command({ cdb: [0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 1 });
    expect((await rig.host.command(read(0, 1))).data).toEqual(pattern(MIB, 1).subarray(0, 512));
    await rig.disk.eject();
    expect(events.filter(({ type }) => type !== 'flush')).toEqual([
      { type: 'lock', unit: 0, locked: true },
      { type: 'lock', unit: 0, locked: false },
      { type: 'eject', unit: 0, by: 'host' },
      { type: 'insert', unit: 0, by: 'gadget' },
      { type: 'read', unit: 0, at: 0, length: 512 },
      { type: 'eject', unit: 0, by: 'gadget' },
    ]);
  });

  it('closes a file that the host has ejected, and opens it again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mass-storage-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'disk.img');
    writeFileSync(file, pattern(MIB, 9));
    const rig = await diskRig('mock', { file, removable: true });
    await rig.host.command({ cdb: [0x1b, 0, 0, 0, 2, 0] });
    await rig.disk.insert(file);
    await rig.host.command({ cdb: [0, 0, 0, 0, 0, 0] });
    const { data } = await rig.host.command(read(5, 1));
    expect(same(data, pattern(MIB, 9).subarray(5 * 512, 6 * 512))).toBe(true);
    await rig.host.command(write(5, new Uint8Array(512)));
    await rig.host.command({ cdb: [0x1b, 0, 0, 0, 2, 0] });
    await rig.stack.close();
    expect(readFileSync(file)[5 * 512 + 1]).toBe(0);
    expect(rig.errors).toEqual([]);
  });

  it('refuses options that cannot be', () => {
    expect(() => massStorage({})).toThrow(/has no medium: give one of file, store and memory, or removable: true/);
    expect(() => massStorage({ memory: MIB, file: 'a' })).toThrow(/more than one medium/);
    expect(() => massStorage({ memory: MIB, luns: [{ memory: MIB }] })).toThrow(/luns, and also memory/);
    expect(() => massStorage({ memory: MIB, vendor: 'much too long' })).toThrow(/vendor: has more than the 8/);
    // @ts-expect-error: no store
    expect(() => massStorage({ store: {} })).toThrow(/store: has to be a block store/);
  });

  it('looks the same to every host: class 8, SCSI, Bulk-Only', async () => {
    const gadget = defineGadget({ vendorId: 1, productId: 2, functions: { disk: massStorage({ memory: MIB }) } });
    const text = formatDescription(await describeGadget(gadget));
    expect(text).toContain('Interface 0: class 0x08/0x06/0x50 (mass storage)');
    expect(text).toContain('1024 bytes, bursts of 16   disk.out');
  });

  it('comes from a gadget file', async () => {
    const text =
      'vendorId: 0x1d6b\nproductId: 0x0104\nfunctions:\n  disk: { use: disk, memory: 1048576, removable: true }\n';
    const gadget = parseGadget(text, { file: 'disk.yaml' });
    await using stack = await composeStack({ gadget, backends: [mock()], load: async () => ({ massStorage }) });
    expect(stack.endpoint('disk.in').direction).toBe('in');
    expect(stack.function('disk')).toMatchObject({ number: 0, locked: false });
  });
});
