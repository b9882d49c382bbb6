#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { LINUX_KERNEL } from '@gadgetloom/backend-linux';
import { seededRandom } from '@gadgetloom/core';
import { BusyHost } from '../shared/busy-host.ts';
import { EndlessStream, type Way } from '../shared/endless-stream.ts';
import { expectEqual } from '../shared/expect.ts';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';
import { expectNothingLeft, type Inventory, settledInventory } from '../shared/inventory.ts';
import { OtherProcess } from '../shared/other-process.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `foreign-unbind --helper PROGRAM [--rounds N] [--seed N] [--only NAME]

Streams while somebody else takes the gadget, the controller or the cable away, on the kernel that this runs on, as root:
each transfer has to complete exactly once and truly, and the stream has to go on where it can.`,
  options: { helper: NEEDED, rounds: 8, seed: 1, only: OPTIONAL },
});

const GADGET = '/sys/kernel/config/usb_gadget/lab';
const UDC = 'dummy_udc.0';
const DEVICE = '$(dirname $(grep -l 0104 /sys/bus/usb/devices/*/idProduct))';
const LENGTH = 16 * 1024;

/** The shell text that another process runs, and the statuses that transfers in flight may then report. */
interface Interference {
  readonly command?: string;
  /** What the host does itself. */
  readonly act?: (host: UsbfsHost) => Promise<void>;
  /** The device comes back by itself, and the stream has to go on. */
  readonly goesOn: boolean;
}

const INTERFERENCES: Readonly<Record<string, Interference>> = {
  unbind: { command: `echo > ${GADGET}/UDC`, goesOn: false },
  'unbind and bind': { command: `echo > ${GADGET}/UDC; echo ${UDC} > ${GADGET}/UDC`, goesOn: true },
  'unbind and bind, three times': {
    command: `for n in 1 2 3; do echo > ${GADGET}/UDC; echo ${UDC} > ${GADGET}/UDC; done`,
    goesOn: true,
  },
  'removal of the gadget': {
    command: `cd ${GADGET}; echo > UDC; rm configs/*/ffs.*; rmdir configs/*/strings/* configs/* functions/* strings/*; cd ..; rmdir lab`,
    goesOn: false,
  },
  'removal of the controller': {
    command: `echo ${UDC} > /sys/bus/platform/drivers/dummy_udc/unbind; echo ${UDC} > /sys/bus/platform/drivers/dummy_udc/bind`,
    goesOn: false,
  },
  // Linux 6.12 does not let dummy_hcd answer again after `connect`: core.c, soft_connect_store.
  'soft disconnect': { command: `echo disconnect > /sys/class/udc/${UDC}/soft_connect`, goesOn: false },
  'another configuration': {
    command: `d=${DEVICE}; echo 0 > $d/bConfigurationValue; echo 1 > $d/bConfigurationValue`,
    goesOn: true,
  },
  'reset by the host': { act: (host) => host.reset(), goesOn: true },
  'removal by the host': { command: `echo 1 > ${DEVICE}/remove`, goesOn: false },
  'rejection by the host': { command: `d=${DEVICE}; echo 0 > $d/authorized; echo 1 > $d/authorized`, goesOn: true },
};

/** A transfer that somebody else ends: the endpoint was disabled, or there is no gadget, or the stack closed. */
const ENDS = ['ESHUTDOWN', 'ECANCELED', 'ECONNRESET'];

const random = seededRandom(values.seed);
const pick = (most: number): number => Math.floor(random() * most);
console.log(`seed ${values.seed}`);
using host = new UsbfsHost(values.helper);
await using other = new OtherProcess();
let first: Inventory | undefined;

async function round({ command = 'true', act, goesOn }: Interference, way: Way, depth: number): Promise<void> {
  await using stack = await openSampleStack();
  const { guards } = stack.resolve(LINUX_KERNEL);
  await host.configured();
  await stack.enabled();
  const buffers = stack.allocate({ count: depth + 2, size: LENGTH });
  const stream = new EndlessStream(stack, way, buffers, { depth, length: LENGTH });
  const busy = new BusyHost(host, way, LENGTH);
  busy.start();
  try {
    await stream.more(1 + pick(6));
    await pause(pick(4));
    await act?.(host);
    const status = await other.run(command);
    if (goesOn) {
      expectEqual(status, 0, 'status of the other process');
      await stream.more(4);
    }
  } finally {
    await Promise.all([busy.stop(), stack.close()]);
  }
  await stream.ended;
  stream.expectExactlyOnce(ENDS);
  for (const [hazard, count] of guards.counts()) console.log(`guard ${hazard}: ${count} times`);
}

for (const [name, interference] of Object.entries(INTERFERENCES)) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  for (let index = 0; index < values.rounds; index++) {
    const way = index % 2 === 0 ? 'in' : 'out';
    const depth = 1 + (index % 8);
    await report.check(`${name}, ${way}, depth ${depth}`, async () => {
      await round(interference, way, depth);
      first ??= await settledInventory();
      await expectNothingLeft(first);
    });
  }
}
report.end();
