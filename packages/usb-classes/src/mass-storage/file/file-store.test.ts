import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sampleDisk } from '../testing/index.ts';
import { fileStore } from './index.ts';

const MIB = 1024 * 1024;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'disk.img'), new Uint8Array(MIB));
});

describe('a disk in a file', () => {
  it('has the size of the file, and keeps what is written', async () => {
    const path = join(folder, 'disk.img');
    const store = fileStore(path);
    expect([store.size, store.blockSize, store.readOnly]).toEqual([MIB, 512, false]);
    await store.write(1024, new Uint8Array(512).fill(3));
    await store.flush();
    const back = new Uint8Array(512);
    await store.read(1024, back);
    expect([back[0], back[511], readFileSync(path)[1024]]).toEqual([3, 3, 3]);
    await store.close?.();
    await store.close?.();
    await expect(store.read(0, back)).rejects.toMatchObject({ code: 'EBADF' });
    await expect(store.flush()).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('tells what is wrong with its path', () => {
    expect(() => fileStore(join(folder, 'none'))).toThrow(/^open .*none: ENOENT/);
    expect(() => fileStore(folder, { readOnly: true })).toThrow(/is neither a file nor a block device/);
  });

  it('is an error of the medium once the file has become shorter', async () => {
    const store = fileStore(join(folder, 'disk.img'));
    await using sample = sampleDisk({ units: [{ store }] });
    writeFileSync(join(folder, 'disk.img'), new Uint8Array(512));
    const read = { cdb: [0x28, 0, 0, 0, 0, 1, 0, 0, 1, 0], in: 512 };
    expect(await sample.host.command(read)).toMatchObject({ status: 1 });
    expect(sample.units[0]!.sense).toBe(0x031100);
    await store.close?.();
  });

  it('needs Node', () => {
    vi.stubGlobal('process', undefined);
    try {
      expect(() => fileStore('disk.img')).toThrow(/in Node only/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

/** Serves a disk in a file, writes blocks to it as a host would, and tells after each flush how many are safe. */
const WRITER = `
import { BulkOnlyDisk, DISK, LogicalUnit } from '@gadgetloom/usb-classes/mass-storage';
import { fileStore } from '@gadgetloom/usb-classes/mass-storage/file';
import { BulkOnlyHost, MemoryBus } from '@gadgetloom/usb-classes/mass-storage/testing';
const unit = new LogicalUnit(0, { store: fileStore(process.argv[1]), inquiryText: 'x' });
const bus = new MemoryBus();
void new BulkOnlyDisk({ units: [unit], personality: DISK, stall: true }).serve(bus);
const host = new BulkOnlyHost(bus.host);
await host.command({ cdb: [0, 0, 0, 0, 0, 0] });
for (let block = 0; ; block = (block + 1) % 2048) {
  const out = new Uint8Array(512).fill(block & 0xff);
  new DataView(out.buffer).setUint32(0, block + 1);
  await host.command({ cdb: [0x2a, 0, 0, 0, block >> 8, block & 0xff, 0, 0, 1, 0], out });
  await host.command({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
  process.stdout.write(block + '\\n');
}
`;

it('loses nothing that was flushed when its process is killed', async () => {
  const path = join(folder, 'disk.img');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, path], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.on('data', (data) => {
    told += String(data);
    if (told.split('\n').length > 50) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const safe = told.split('\n').slice(0, -1).map(Number);
  expect(safe.length).toBeGreaterThanOrEqual(50);
  const disk = readFileSync(path);
  for (const block of safe) {
    expect(disk.readUInt32BE(block * 512)).toBe(block + 1);
    expect(disk[block * 512 + 511]).toBe(block & 0xff);
  }
}, 60_000);
