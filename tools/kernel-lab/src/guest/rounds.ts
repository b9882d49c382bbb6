#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '@gadgetloom/core';
import { expectNothingLeft, type Inventory, takeInventory } from './inventory.ts';
import { openSampleStack } from './sample-gadget.ts';
import { SuiteReport } from './suite-report.ts';
import { expectAllOk, receiveFromHost, sendToHost } from './traffic.ts';
import { UsbfsHost } from './usbfs-host.ts';

const HELP = `rounds --helper PROGRAM [--rounds N] [--seed N]

Creates a gadget, streams through it and destroys it, again and again in one process, on the kernel that this runs on, as
root: nothing may be left behind, and no memory may grow.`;

const { values } = parseArgs({
  options: {
    helper: { type: 'string' },
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const SIZE = 64 * 1024;
/** Rounds until everything that is made once has been made. */
const WARM_UP = 20;
/** Rounds whose memory is averaged at either end. */
const WINDOW = 10;
/** Bytes that memory may seem to grow by in a round: less than the smallest thing that a round could leave behind many times. */
const LEEWAY = { heap: 1024, external: 256 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const random = seededRandom(Number(values.seed));
const rounds = Number(values.rounds);
const report = new SuiteReport();
using host = new UsbfsHost(values.helper);
console.log(`seed ${values.seed}`);

async function round(index: number): Promise<void> {
  await using stack = await openSampleStack();
  await host.configured();
  await stack.enabled();
  const buffers = stack.allocate({ count: 4, size: SIZE });
  const sizes = Array.from({ length: 6 }, () => 1 + Math.floor(random() * SIZE));
  const traffic = { sizes, seed: index, buffers, depth: 1 + (index % 4) };
  const completions = await (index % 2 === 0 ? sendToHost : receiveFromHost)(stack, host, traffic);
  expectAllOk(completions, sizes.length);
}

let first: Inventory | undefined;
const heap: number[] = [];
const external: number[] = [];
for (let index = 0; index < rounds; index++) {
  await report.check(`round ${index}`, async () => {
    await round(index);
    first ??= takeInventory();
    expectNothingLeft(first);
  });
  collectGarbage();
  await pause(0);
  collectGarbage();
  const usage = process.memoryUsage();
  heap.push(usage.heapUsed);
  external.push(usage.external + usage.arrayBuffers);
}

const growth = (samples: readonly number[]): number => {
  const mean = (part: readonly number[]): number => part.reduce((sum, each) => sum + each, 0) / part.length;
  const [early, late] = [samples.slice(WARM_UP, WARM_UP + WINDOW), samples.slice(-WINDOW)];
  return (mean(late) - mean(early)) / (samples.length - WARM_UP - WINDOW);
};
if (rounds >= WARM_UP + 3 * WINDOW) {
  for (const [name, samples, most] of [
    ['heap', heap, LEEWAY.heap],
    ['external', external, LEEWAY.external],
  ] as const)
    await report.check(`${name} memory does not grow`, () => {
      const bytes = growth(samples);
      console.log(`${name}: ${bytes.toFixed(1)} bytes in a round`);
      if (bytes > most) throw new Error(`it grows by ${bytes.toFixed(1)} bytes in a round`);
    });
}
report.end();
