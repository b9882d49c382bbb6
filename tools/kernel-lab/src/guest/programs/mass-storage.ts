#!/usr/bin/env node
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linux } from '@gadgetloom/backend-linux';
import { seededRandom } from '@gadgetloom/core';
import { massStorage } from '@gadgetloom/function-mass-storage';
import { composeStack, defineGadget, kernelFunction } from '@gadgetloom/gadget';
import { expect, expectEqual } from '../shared/expect.ts';
import { hostDisk, loadDiskDrivers, noDisk, pullCable, rates, shell, tool, until } from '../shared/guest-disk.ts';
import { guestSuite } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';

const { values, report } = guestSuite({
  help: `mass-storage [--files N] [--copying] [--speed]

A disk of this program, on the kernel that this runs on, as root. Its host is the kernel's usb-storage: partition, file
system, files, eject and unplug. With --copying the controller takes no scatter-gather requests, and bytes have to be copied.
With --speed it also measures the disk beside the disk of the kernel.`,
  options: { files: 2000, copying: false, speed: false },
});

const MIB = 1024 * 1024;
const SIZE = 192 * MIB;
const PRODUCT = 'Lab disk';
/** Product name of the kernel's own disk. */
const KERNEL_PRODUCT = 'File-Stor Gadget';
const MEASURED = 32;

/** Starting programs leaves handles of the event loop for a while. */
const KINDS = ['descriptors', 'mounts', 'configfs', 'notes', 'dma-bufs'] as const;

const folder = mkdtempSync(join(tmpdir(), 'mass-storage-'));
const image = join(folder, 'disk.img');
const mounted = join(folder, 'mounted');
const source = join(folder, 'source');
const makeImage = (path: string, size: number): void => {
  writeFileSync(path, '');
  truncateSync(path, size);
};

const gadget = defineGadget({
  name: 'lab-disk',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: {
    disk: massStorage({ file: image, removable: true, vendor: 'ACME', product: PRODUCT, serial: 'LAB0042' }),
  },
});
const openDisk = () =>
  composeStack({ gadget, backends: [linux({ virtual: true })], onError: (error) => errors.push(error) });
const errors: unknown[] = [];

/** Files of random lengths with random bytes, in a few directories. */
function makeFiles(count: number): void {
  const random = seededRandom(42);
  const noise = Uint8Array.from({ length: 128 * 1024 }, () => random() * 256);
  for (let index = 0; index < count; index++) {
    const place = join(source, `directory-${index % 40}`);
    mkdirSync(place, { recursive: true });
    const start = Math.floor(random() * 64 * 1024);
    const length = index % 100 === 0 ? 64 * 1024 : Math.floor(random() * 8192);
    writeFileSync(join(place, `file-${index}`), noise.subarray(start, start + length));
  }
}

const checksums = (where: string): Promise<string> =>
  shell(`cd ${where} && find . -type f -name 'file-*' | sort | xargs sha256sum`);

makeImage(image, SIZE);
mkdirSync(mounted);
makeFiles(values.files);
await loadDiskDrivers();
await (await openDisk()).close();
const before = await settledInventory();

{
  await using stack = await openDisk();
  const disk = stack.function('disk');
  let path = '';
  let generic = '';

  await report.check('the host finds the disk, with its names, its size, and that it can be removed', async () => {
    const { path: found, generic: sg, ...facts } = await hostDisk(PRODUCT);
    path = found;
    generic = sg;
    expectEqual(facts, { vendor: 'ACME', model: PRODUCT, removable: true, size: SIZE });
  });

  await report.check(values.copying ? 'data is copied' : 'data moves without a copy', () => {
    expectEqual(disk.path, values.copying ? 'copy' : 'dmabuf');
  });

  await report.check('sg3-utils get the pages of vital product data, both capacities, and the mode pages', async () => {
    expect((await tool('sg_vpd', '--page=sn', path)).includes('LAB0042'), 'no serial number');
    expect((await tool('sg_vpd', '--page=bl', path)).includes('Maximum transfer length'), 'no block limits');
    expect((await tool('sg_readcap', '--16', path)).includes(`${SIZE} bytes`), 'another capacity (16)');
    expect((await tool('sg_readcap', path)).includes(`${SIZE} bytes`), 'another capacity (10)');
    expect((await tool('sg_modes', '--six', '--page=0x3f', path)).includes('Caching'), 'no caching page');
    expect((await tool('sg_luns', path)).includes('0000000000000000'), 'no unit 0');
    await tool('sg_turs', path);
    await tool('sg_verify', '--count=64', path);
    await tool('sg_sync', path);
  });

  await report.check(`a partition with ext4 takes ${values.files} files, is clean, and gives them back`, async () => {
    await shell(`echo 'type=83' | sfdisk --quiet ${path}`);
    const partition = await until('the partition', () => (path === '' ? undefined : `${path}1`));
    await tool('mkfs.ext4', '-q', partition);
    await tool('mount', partition, mounted);
    await shell(`cp -r ${source}/. ${mounted}/ && sync`);
    await tool('umount', mounted);
    await tool('e2fsck', '-f', '-n', partition);
    await shell('echo 3 > /proc/sys/vm/drop_caches');
    await tool('mount', '-o', 'ro', partition, mounted);
    const [one, other] = [await checksums(source), await checksums(mounted)];
    await tool('umount', mounted);
    expect(one === other && one.split('\n').length === values.files + 1, 'the checksums differ');
    expect(disk.counters.flushes > 0, 'nothing was flushed');
  });

  await report.check('the host ejects the medium, and gets another one', async () => {
    await tool('sg_start', '--eject', generic);
    await until('the medium to be out', () => disk.store === undefined);
    const other = join(folder, 'other.img');
    makeImage(other, 64 * MIB);
    await disk.insert(other);
    await tool('sg_turs', '--number=2', generic).catch(() => {});
    expect((await tool('sg_readcap', generic)).includes(`${64 * MIB} bytes`), 'another size');
    await disk.eject();
    await disk.insert(image);
    await tool('sg_turs', '--number=2', generic).catch(() => {});
    await tool('blockdev', '--rereadpt', path).catch(() => {});
    expectEqual((await hostDisk(PRODUCT)).size, SIZE);
  });

  await report.check('the cable is pulled while the host writes, and the disk works once it is back', async () => {
    const writing = tool(
      'dd',
      'if=/dev/urandom',
      `of=${path}`,
      'bs=64k',
      'seek=1024',
      'count=1000',
      'oflag=direct',
    ).then(
      () => 'done',
      () => 'failed',
    );
    const written = disk.counters.written;
    await until('some writes', () => disk.counters.written > written + MIB);
    pullCable(true);
    expectEqual(await writing, 'failed');
    await noDisk();
    pullCable(false);
    path = (await hostDisk(PRODUCT)).path;
    await tool('e2fsck', '-f', '-p', `${path}1`);
    await tool('mount', `${path}1`, mounted);
    await shell(`cp -r ${source}/directory-1 ${mounted}/again && sync`);
    const [one, other] = [await checksums(join(source, 'directory-1')), await checksums(join(mounted, 'again'))];
    await tool('umount', mounted);
    expect(one === other, 'the checksums differ');
    await tool('e2fsck', '-f', '-n', `${path}1`);
  });

  await report.check('nothing was reported as an error', () => expectEqual(errors.map(String), []));
}

await report.check('it leaves nothing behind', () => expectNothingLeft(before, KINDS));
if (values.speed) await compareSpeed();

report.end();

/** Measures both disks, one after the other, in the same boot. */
async function compareSpeed(): Promise<void> {
  await noDisk();
  const ours = await speedOfOurs();
  await noDisk();
  const kernels = await speedOfTheKernels();
  for (const way of ['read', 'write'] as const) {
    const [one, other] = [ours[way], kernels[way]];
    const told = `${one.toFixed(1)} MB/s, the kernel's own ${other.toFixed(1)} MB/s, ratio ${(one / other).toFixed(2)}`;
    console.log(`sequential ${way} of 1 MiB: ${told}`);
  }
}

async function speedOfOurs() {
  await using _ = await openDisk();
  return await rates((await hostDisk(PRODUCT)).path, MEASURED);
}

async function speedOfTheKernels() {
  const functions = { disk: kernelFunction('mass_storage', { luns: [{ file: image, removable: true }] }) };
  const kernelDisk = defineGadget({ name: 'kernel-disk', vendorId: 0x1d6b, productId: 0x0104, functions });
  await using _ = await composeStack({ gadget: kernelDisk, backends: [linux({ virtual: true })] });
  return await rates((await hostDisk(KERNEL_PRODUCT)).path, MEASURED);
}
