#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bulk, kernelFunction } from '@gadgetloom/gadget';
import { expectEqual, host, openOnDwc3, outside } from './dwc3-gadget.ts';
import { KernelLog } from './kernel-log.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `dwc3-functions

Functions of the kernel on Linux's dwc3 driver, used by WebUSB programs outside of the guest: mass_storage, acm, SourceSink,
Loopback, and FunctionFS.`;

const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const DISK = '/tmp/disk.img';
const BLOCK = 512;
const BLOCKS = 2048;
const PORT = '/dev/ttyGS0';
/** CDC PSTN 1.2, 6.5.4: carrier and data set ready. */
const LINE_UP = 0x03;

const device = { vendorId: 0x1d6b, productId: 0x0104 };
const pattern = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, at) => (from + at * 7) % 251);
const report = new SuiteReport();
const log = new KernelLog();

async function check(name: string, run: () => Promise<void>): Promise<void> {
  await report.check(name, async () => {
    await run();
    await host.gone();
    log.expectClean();
  });
}

await check('mass_storage: a disk is read and written', async () => {
  const storage = outside.service('storage');
  const disk = pattern(BLOCKS * BLOCK);
  writeFileSync(DISK, disk);
  const luns = [{ file: DISK, removable: true }];
  await using _ = await openOnDwc3({ ...device, functions: { disk: kernelFunction('mass_storage', { luns }) } });
  await host.device();
  const { blocks, blockSize } = await storage.identify();
  expectEqual([blocks, blockSize], [BLOCKS, BLOCK]);
  for (const [block, count] of [
    [0, 1],
    [17, 128],
    [BLOCKS - 1, 1],
  ] as const)
    expectEqual([...(await storage.read(block, count))], [...disk.subarray(block * BLOCK, (block + count) * BLOCK)]);
  const data = pattern(256 * BLOCK, 99);
  await storage.write(100, data);
  expectEqual([...(await storage.read(100, 256))], [...data]);
  expectEqual(Buffer.compare(readFileSync(DISK).subarray(100 * BLOCK, 356 * BLOCK), data), 0);
});

await check('acm: a terminal talks to a port', async () => {
  const serial = outside.service('serial');
  await using _ = await openOnDwc3({ ...device, functions: { port: kernelFunction('acm') } });
  await host.device();
  expectEqual(await serial.setSpeed(115_200), 115_200);
  const state = serial.lineState();
  execFileSync('stty', ['-F', PORT, 'raw', '-echo']);
  const port = openSync(PORT, 'r+');
  await serial.raiseDtr();
  expectEqual((await state) & LINE_UP, LINE_UP);
  const words = pattern(3000);
  await serial.write(words);
  const heard = Buffer.alloc(words.length);
  for (let at = 0; at < heard.length; ) at += readSync(port, heard, at, heard.length - at, null);
  expectEqual(Buffer.compare(heard, words), 0);
  writeSync(port, words);
  expectEqual(Buffer.compare(await serial.read(words.length), words), 0);
  closeSync(port);
});

await check('SourceSink: bulk endpoints and control transfers', async () => {
  const zero = outside.service('zero');
  await using _ = await openOnDwc3({ ...device, functions: { zero: kernelFunction('SourceSink', { pattern: 1 }) } });
  await host.device();
  for (const length of [512, 4096, 65_536]) {
    expectEqual(await zero.source(length), length);
    expectEqual(await zero.sink(length), length);
  }
  expectEqual([...(await zero.control(pattern(100)))], [...pattern(100)]);
});

await check('Loopback: what is sent comes back', async () => {
  const zero = outside.service('zero');
  await using _ = await openOnDwc3({ ...device, functions: { loop: kernelFunction('Loopback') } });
  await host.device();
  for (const length of [1, 512, 1000, 4096]) expectEqual([...(await zero.loop(pattern(length)))], [...pattern(length)]);
});

await check('FunctionFS beside functions of the kernel', async () => {
  writeFileSync(DISK, pattern(BLOCKS * BLOCK));
  await using stack = await openOnDwc3({
    ...device,
    functions: {
      stream: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } },
      disk: kernelFunction('mass_storage', { luns: [{ file: DISK, removable: true }] }),
      port: kernelFunction('acm'),
    },
  });
  const { endpoints } = await host.device();
  await stack.enabled();
  const [up, down] = endpoints.map(({ address }) => address) as [number, number];
  const data = pattern(10_000);
  const [written, received] = await Promise.all([
    stack.endpoint('stream.up').write(data),
    host.receive(up, 10_000, 2000),
  ]);
  expectEqual([written, received.status, Buffer.compare(received.data, data)], [data.length, '0', 0]);
  const into = new Uint8Array(16_384);
  const [read, sent] = await Promise.all([stack.endpoint('stream.down').read(into), host.send(down, data, 2000)]);
  expectEqual([read, sent.status, Buffer.compare(into.subarray(0, read), data)], [data.length, '0', 0]);
});

outside[Symbol.dispose]();
report.end();
