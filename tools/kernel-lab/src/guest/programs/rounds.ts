#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '@gadgetloom/core';
import { expect } from '../shared/expect.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { expectNothingLeft, type Inventory, settledInventory } from '../shared/inventory.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';
import { expectAllOk, receiveFromHost, sendToHost } from '../shared/traffic.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `rounds --helper PROGRAM [--rounds N] [--seed N]

Creates a gadget, streams through it and destroys it, again and again in one process, on the kernel that this runs on, as
root: nothing may be left behind, and no memory may grow.`,
  options: { helper: NEEDED, rounds: 100, seed: 1 },
});

const SIZE = 64 * 1024;
/** Rounds until everything that is made once has been made. */
const WARM_UP = 20;
/** Rounds whose memory is averaged at either end. */
const WINDOW = 10;
/**
 * What may seem to be more after each round. The heap also has code, which the engine goes on compiling and throwing away
 * for long: whether the program lets go of its things is told by their number.
 */
const LEEWAY = { objects: 0.5, 'bytes of heap': 8192, 'external bytes': 256 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const random = seededRandom(values.seed);
const rounds = values.rounds;
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
type Samples = Record<keyof typeof LEEWAY, number>;
const none: Samples = { objects: 0, 'bytes of heap': 0, 'external bytes': 0 };
const early = { ...none };
const late = { ...none };

/** Adds what is in use to the sum of a window. */
async function measure(sum: Samples): Promise<void> {
  collectGarbage();
  await pause(0);
  collectGarbage();
  const usage = process.memoryUsage();
  sum.objects += queryObjects(Object, { format: 'count' });
  sum['bytes of heap'] += usage.heapUsed;
  sum['external bytes'] += usage.external + usage.arrayBuffers;
}

for (let index = 0; index < rounds; index++) {
  await report.check(`round ${index}`, async () => {
    await round(index);
    first ??= await settledInventory();
    await expectNothingLeft(first);
  });
  if (index >= WARM_UP && index < WARM_UP + WINDOW) await measure(early);
  if (index >= rounds - WINDOW) await measure(late);
}

if (rounds >= WARM_UP + 3 * WINDOW) {
  for (const [what, most] of Object.entries(LEEWAY) as [keyof typeof LEEWAY, number][])
    await report.check(`no more ${what} after each round`, () => {
      const more = (late[what] - early[what]) / WINDOW / (rounds - WARM_UP - WINDOW);
      console.log(`${what}: ${more.toFixed(2)} more after each round`);
      expect(more <= most, `${more.toFixed(2)} more ${what} after each round`);
    });
}
report.end();
