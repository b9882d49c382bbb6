#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { LINUX_KERNEL, LinuxDmaBuf, type LinuxOptions } from '@gadgetloom/backend-linux';
import { SECOND, seededRandom } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { expect, expectEqual, expectStatus } from '../shared/expect.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';
import { COMMANDS, openSampleStack, SAMPLES, type SampleStack } from '../shared/sample-gadget.ts';
import { expectAllOk, expectSame, patternOf, receiveFromHost, sendToHost } from '../shared/traffic.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `integrity --helper PROGRAM [--transfers N] [--seed N]

Moves bytes of every kind of length both ways, through every kind of buffer and path, on the kernel that this runs on, as
root, and compares them at the other end.`,
  options: { helper: NEEDED, transfers: 16, seed: 1 },
});

const MEBIBYTE = 2 ** 20;
const PACKET = 512;
const PAGE = 4096;
const PATIENCE = 10 * SECOND;
/** Lengths at which something changes: packets, pages, and the most. */
const EDGES = [1, PACKET - 1, PACKET, PACKET + 1, PAGE - 1, PAGE, PAGE + 1, 65535, 65536, MEBIBYTE - 1, MEBIBYTE];

const seed = values.seed;
const random = seededRandom(seed);
console.log(`seed ${seed}`);
using host = new UsbfsHost(values.helper);

async function enabled(options?: LinuxOptions): Promise<SampleStack> {
  const stack = await openSampleStack(options);
  await host.configured();
  await stack.enabled();
  return stack;
}

/** Small and large lengths are as likely: 1 byte to 1 MiB. */
function someSizes(): number[] {
  const count = values.transfers;
  return Array.from({ length: count }, () => Math.max(1, Math.floor(2 ** (random() * 20))));
}

/** Buffers that came as descriptors of somebody else's: imported, each by the number alone. */
function imported(stack: SampleStack, buffers: Iterable<DmaBuf>): DmaBuf[] {
  const kernel = stack.resolve(LINUX_KERNEL);
  return [...buffers].map((buffer) => new LinuxDmaBuf(kernel, kernel.addon.dup(buffer.fd)));
}

{
  await using _ = await enabled();
}
const first = await settledInventory();

async function check(name: string, run: () => Promise<void>): Promise<void> {
  await report.check(name, async () => {
    await run();
    await expectNothingLeft(first);
  });
}

for (const kind of ['system', 'udmabuf', 'imported'] as const)
  for (const path of ['dmabuf', 'copy'] as const)
    for (const way of ['in', 'out'] as const)
      for (const [lengths, sizes, depth] of [
        ['every edge', EDGES, 4],
        ['random lengths', someSizes(), 1],
        ['random lengths', someSizes(), 8],
      ] as const)
        await check(`${kind}, ${path}, ${way}, ${lengths}, depth ${depth}`, async () => {
          await using stack = await enabled(kind === 'imported' ? {} : { heap: kind });
          const own = stack.allocate({ count: depth + 1, size: MEBIBYTE });
          const buffers = kind === 'imported' ? imported(stack, own) : [...own];
          const options = path === 'copy' ? { scatterGather: false } : {};
          try {
            const move = way === 'in' ? sendToHost : receiveFromHost;
            const completions = await move(stack, host, { sizes, seed, buffers, depth, ...options });
            expectAllOk(completions, sizes.length);
            const other = completions.find((completion) => completion.path !== path);
            expect(!other, `transfer ${other?.sequence} went the path ${other?.path}`);
          } finally {
            if (kind === 'imported') for (const buffer of buffers) buffer.close();
          }
        });

await check('one buffer after the other is sent to a host that reads slowly', async () => {
  await using stack = await enabled();
  const endpoint = stack.endpoint('stream.samples');
  const buffers = [...stack.allocate({ count: 8, size: 4 * PAGE })];
  const fences = buffers.map((buffer, index) => {
    buffer.bytes().set(patternOf(seed, index, 4 * PAGE));
    endpoint.attach(buffer);
    return endpoint.transfer(buffer, 4 * PAGE);
  });
  for (let index = 0; index < buffers.length; index++) {
    await pause(20);
    const early = fences.slice(index).findIndex(({ status }) => status !== 0);
    expect(early < 0, `transfer ${index + early} is over before the host has read it`);
    expectSame(await host.bulkIn(SAMPLES, 4 * PAGE, PATIENCE), patternOf(seed, index, 4 * PAGE), `transfer ${index}`);
    const status = await fences[index]!.wait(PATIENCE);
    expectStatus(status, 'ok', `transfer ${index}`);
  }
});

await check('the host reads in pieces of another length', async () => {
  await using stack = await enabled();
  const endpoint = stack.endpoint('stream.samples');
  const [buffer] = [...stack.allocate({ count: 1, size: MEBIBYTE })] as [DmaBuf];
  const all = patternOf(seed, 0, MEBIBYTE);
  buffer.bytes().set(all);
  endpoint.attach(buffer);
  const fence = endpoint.transfer(buffer, MEBIBYTE);
  for (let at = 0; at < MEBIBYTE; ) {
    const length = Math.min(PACKET * (1 + Math.floor(random() * 100)), MEBIBYTE - at);
    expectSame(await host.bulkIn(SAMPLES, length, PATIENCE), all.subarray(at, at + length), `bytes from ${at}`);
    at += length;
  }
  expectStatus(await fence.wait(PATIENCE), 'ok');
});

await check('the host sends less than there is room for', async () => {
  await using stack = await enabled();
  const endpoint = stack.endpoint('stream.commands');
  const [buffer] = [...stack.allocate({ count: 1, size: 64 * 1024 })] as [DmaBuf];
  endpoint.attach(buffer);
  for (const [index, length] of [1, PACKET - 1, PACKET + 1, 5000, 0].entries()) {
    buffer.bytes().fill(0xee);
    const fence = endpoint.transfer(buffer, buffer.size);
    await host.bulkOut(COMMANDS, patternOf(seed, index, length), PATIENCE);
    expectStatus(await fence.wait(PATIENCE), 'ok', `${length} bytes`);
    expectSame(buffer.bytes().subarray(0, length), patternOf(seed, index, length), `${length} bytes`);
    const behind = buffer.bytes().subarray(length);
    expect(
      behind.every((byte) => byte === 0xee),
      `${length} bytes: something was written behind them`,
    );
  }
});

await check('the host sends more than there is room for', async () => {
  await using stack = await enabled();
  const endpoint = stack.endpoint('stream.commands');
  const [buffer] = [...stack.allocate({ count: 1, size: PAGE })] as [DmaBuf];
  endpoint.attach(buffer);
  buffer.bytes().fill(0xee);
  const fence = endpoint.transfer(buffer, 1000);
  const sending = host.bulkOut(COMMANDS, patternOf(seed, 0, 2000), PATIENCE).catch(() => 0);
  const status = await fence.wait(PATIENCE);
  expectStatus(status, 'EOVERFLOW');
  if (
    buffer
      .bytes()
      .subarray(1000)
      .some((byte) => byte !== 0xee)
  )
    throw new Error('it was written behind the length');
  await sending;
});

await check('empty packets, both ways', async () => {
  await using stack = await enabled();
  const samples = stack.endpoint('stream.samples');
  const commands = stack.endpoint('stream.commands');
  for (let index = 0; index < 3; index++) {
    const [wrote, read] = await Promise.all([samples.write(new Uint8Array(0)), host.bulkIn(SAMPLES, PACKET, PATIENCE)]);
    expectEqual([wrote, read.length], [0, 0], 'IN: bytes written and read');
    const into = new Uint8Array(PACKET);
    const [got] = await Promise.all([commands.read(into), host.bulkOut(COMMANDS, new Uint8Array(0), PATIENCE)]);
    expectEqual(got, 0, 'OUT: bytes');
  }
  // What comes next is whole.
  const [, read] = await Promise.all([samples.write(patternOf(seed, 9, 1000)), host.bulkIn(SAMPLES, 1000, PATIENCE)]);
  expectSame(read, patternOf(seed, 9, 1000), 'the transfer after them');
});

report.end();
