#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { DmaFence } from '@gadgetloom/dmabuf';
import { bulk, defineGadget } from '@gadgetloom/gadget';
import { host, openOnDwc3, outside } from '../shared/dwc3-suite.ts';
import { expectStatus } from '../shared/expect.ts';
import { guestProgram, NEEDED } from '../shared/guest-suite.ts';

const { values } = guestProgram({
  help: `dwc3-speed --rival PROGRAM [--turns N]

Measures Linux's dwc3 driver on the DWC3 beside the guest, with nothing else running on this machine: transfers of DMABUFs
of 64 KiB, four at a time, by a C program and by this one, and how long a register takes to be read.`,
  options: { rival: NEEDED, turns: 9 },
});

const LENGTH = 65_536;
const DEPTH = 4;
const TRANSFERS = 200;
const WANTED = { megabytes: 100, microseconds: 100 };
const REGISTERS = '/sys/kernel/debug/usb/dwc3.0.auto/regdump';
const turns = values.turns;

const gadget = defineGadget({
  name: 'speed',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});
await using stack = await openOnDwc3(gadget);
const { endpoints } = await host.device();
await stack.enabled();
const [up, down] = endpoints.map(({ address }) => address) as [number, number];

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1]!;
}

/** Megabytes in a second, the median of some turns; the first does not count. */
async function speedOf(move: () => Promise<void>, address: number): Promise<number> {
  const seen: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const pumped = host.pump(address, LENGTH, TRANSFERS, DEPTH);
    const began = performance.now();
    await Promise.all([move(), pumped]);
    seen.push((TRANSFERS * LENGTH) / 1000 / (performance.now() - began));
  }
  return median(seen.slice(1));
}

async function byThisProgram(way: 'stream.up' | 'stream.down', address: number): Promise<number> {
  const endpoint = stack.endpoint(way);
  await using set = stack.allocate({ count: DEPTH, size: LENGTH });
  const buffers = [...set];
  for (const buffer of buffers) endpoint.attach(buffer);
  return await speedOf(async () => {
    const fences: DmaFence[] = buffers.map((buffer) => endpoint.transfer(buffer, LENGTH));
    for (let index = 0; index < TRANSFERS; index++) {
      const status = await fences[index % DEPTH]!.wait();
      expectStatus(status, 'ok', `transfer ${index}`);
      if (index + DEPTH < TRANSFERS) fences[index % DEPTH] = endpoint.transfer(buffers[index % DEPTH]!, LENGTH);
    }
  }, address);
}

async function byRival(way: 'stream.up' | 'stream.down', address: number): Promise<number> {
  const { fd } = stack.endpoint(way);
  const child = spawn(values.rival, ['3', `${LENGTH}`, `${DEPTH}`], { stdio: ['pipe', 'pipe', 'inherit', fd] });
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const speed = await speedOf(async () => {
    child.stdin!.write(`${TRANSFERS}\n`);
    await answers.next();
  }, address);
  const ended = once(child, 'exit');
  child.stdin!.end();
  await ended;
  return speed;
}

/** Microseconds for a register: all of them are read at once, again and again. */
function registerTime(): number {
  const seen: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const began = performance.now();
    const count = readFileSync(REGISTERS, 'utf8').trimEnd().split('\n').length;
    seen.push(((performance.now() - began) * 1000) / count);
  }
  return median(seen);
}

let met = true;

function report(what: string, figure: number, unit: string, wanted: string, good: boolean): void {
  met &&= good;
  console.log(`${what.padEnd(36)} ${figure.toFixed(0).padStart(6)} ${unit}   ${wanted}${good ? '' : ': missed'}`);
}

const time = registerTime();
const { megabytes, microseconds } = WANTED;
report('a register is read', time, 'us', `less than ${microseconds} us`, time < microseconds);
for (const [name, way, address] of [
  ['IN', 'stream.up', up],
  ['OUT', 'stream.down', down],
] as const)
  for (const [program, measure] of [
    ['a C program', byRival],
    ['Gadgetloom', byThisProgram],
  ] as const) {
    const speed = await measure(way, address);
    const what = `64 KiB ${name}, depth ${DEPTH}, ${program}`;
    report(what, speed, 'MB/s', `at least ${megabytes} MB/s`, speed >= megabytes);
  }
await stack.close();
outside[Symbol.dispose]();
process.exit(met ? 0 : 1);
