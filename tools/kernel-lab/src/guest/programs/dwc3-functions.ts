#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { bulk, kernelFunction } from '@gadgetloom/gadget';
import { dwc3Suite, host, openOnDwc3, outside } from '../shared/dwc3-suite.ts';
import { EchoGadget } from '../shared/echo-gadget.ts';
import { expectEqual } from '../shared/expect.ts';
import { Terminal } from '../shared/terminal.ts';

const { suite } = dwc3Suite({
  help: `dwc3-functions

Functions of the kernel on Linux's dwc3 driver, used by WebUSB programs outside of the guest: mass_storage, acm, SourceSink,
Loopback, FunctionFS, and a gadget in C.`,
});

const DISK = '/tmp/disk.img';
const BLOCK = 512;
const BLOCKS = 2048;
const PORT = '/dev/ttyGS0';
const LINE_FEED = 10;

const device = { vendorId: 0x1d6b, productId: 0x0104 };
const pattern = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, at) => (from + at * 7) % 251);

function hear(port: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    port.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const heard = Buffer.concat(chunks);
      if (heard.length >= length) resolve(heard);
    });
  });
}

await suite.check('mass_storage: a disk is read and written', async () => {
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

await suite.check('acm: a terminal talks to a port', async () => {
  const serial = outside.service('serial');
  await using _ = await openOnDwc3({ ...device, functions: { port: kernelFunction('acm') } });
  await host.device();
  expectEqual(await serial.setSpeed(115_200), 115_200);
  const up = serial.lineUp();
  await serial.raiseDtr();
  await using port = new Terminal(PORT);
  await up;
  // Line feeds are written as two characters, even raw (libuv, uv_tty_set_mode).
  const words = pattern(3000).map((byte) => (byte === LINE_FEED ? 0 : byte));
  const heard = hear(port.stream, words.length);
  await serial.write(words);
  expectEqual(Buffer.compare(await heard, words), 0);
  const said = serial.read(words.length);
  port.stream.write(words);
  expectEqual(Buffer.compare(await said, words), 0);
});

await suite.check('SourceSink: bulk endpoints and control transfers', async () => {
  const zero = outside.service('zero');
  await using _ = await openOnDwc3({ ...device, functions: { zero: kernelFunction('SourceSink', { pattern: 1 }) } });
  await host.device();
  for (const length of [4096, 65_536]) {
    expectEqual(await zero.source(length), length);
    expectEqual(await zero.sink(length), length);
  }
  expectEqual([...(await zero.control(pattern(100)))], [...pattern(100)]);
});

await suite.check('Loopback: what is sent comes back', async () => {
  const zero = outside.service('zero');
  await using _ = await openOnDwc3({ ...device, functions: { loop: kernelFunction('Loopback') } });
  await host.device();
  for (const length of [1, 512, 1000, 4096]) expectEqual([...(await zero.loop(pattern(length)))], [...pattern(length)]);
});

await suite.check('a gadget in C: what is sent comes back', async () => {
  const zero = outside.service('zero');
  await host.gone();
  await using _ = await EchoGadget.start();
  await host.device();
  for (const length of [1, 1000, 5000, 50_000])
    expectEqual(Buffer.compare(await zero.loop(pattern(length)), pattern(length)), 0);
});

await suite.check('FunctionFS beside functions of the kernel', async () => {
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

suite.end();
