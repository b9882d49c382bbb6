#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { kernelFunction } from '@gadgetloom/gadget';
import { dwc3Suite, host, openOnDwc3, outside } from '../shared/dwc3-suite.ts';
import { EchoGadget } from '../shared/echo-gadget.ts';
import { expectEqual } from '../shared/expect.ts';

const { suite } = dwc3Suite({
  help: `dwc3-faults

What goes wrong around the DWC3 while functions of the kernel, and a gadget in C, run on Linux's driver: late interrupts, a
lost event, a failed access to memory, a cable that is pulled. The kernel goes on afterwards.`,
});

const DISK = '/tmp/disk.img';
const BLOCK = 512;
const BLOCKS = 2048;
const MILLISECOND = 1_000_000;

const faults = outside.service('faults');
const storage = outside.service('storage');
const zero = outside.service('zero');
const device = { vendorId: 0x1d6b, productId: 0x0104 };
const disk = Uint8Array.from({ length: BLOCKS * BLOCK }, (_, at) => (at * 7) % 251);
const luns = [{ file: DISK, removable: true }];

async function openDisk() {
  writeFileSync(DISK, disk);
  const stack = await openOnDwc3({ ...device, functions: { disk: kernelFunction('mass_storage', { luns }) } });
  await host.device();
  await storage.identify();
  return stack;
}

async function readsWell(): Promise<void> {
  expectEqual(Buffer.compare(await storage.read(8, 128), disk.subarray(8 * BLOCK, 136 * BLOCK)), 0);
}

await suite.check('a disk is read although interrupts are late', async () => {
  await using _ = await openDisk();
  await faults.lateInterrupt(5 * MILLISECOND, 20);
  for (let turn = 0; turn < 5; turn++) await readsWell();
  expectEqual(await faults.clear(), 0);
});

await suite.check('a gadget in C echoes although interrupts are late', async () => {
  await host.gone();
  await using _ = await EchoGadget.start();
  await host.device();
  await faults.lateInterrupt(5 * MILLISECOND, 20);
  for (let turn = 0; turn < 10; turn++) {
    const data = disk.subarray(turn, turn + 999);
    expectEqual(Buffer.compare(await zero.loop(data), data), 0);
  }
  expectEqual(await faults.clear(), 0);
});

await suite.check('a source goes on after an event was lost', async () => {
  await using _ = await openOnDwc3({
    ...device,
    functions: { zero: kernelFunction('SourceSink', { pattern: 1, bulk_qlen: 4 }) },
  });
  await host.device();
  await faults.loseEvent(4);
  for (let turn = 0; turn < 40; turn++) expectEqual(await zero.source(4096), 4096);
  expectEqual(await faults.clear(), 0);
});

await suite.check('a disk is back after the cable was pulled while it was read', async () => {
  await using _ = await openDisk();
  await faults.disconnectAfter(20, 0x81);
  await storage.read(8, 128).then(
    () => expectEqual('read', 'pulled'),
    () => {},
  );
  await host.gone();
  await faults.reconnect();
  await host.device();
  await storage.identify();
  await readsWell();
});

await suite.check('a disk that could not reach memory is back after a reset', async () => {
  await using _ = await openDisk();
  await faults.dmaError('in');
  await Promise.race([storage.read(8, 128), host.receive(0x81, 0, 1)]).catch(() => {});
  await host.reset();
  await storage.identify();
  await readsWell();
});

suite.end();
