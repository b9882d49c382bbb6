#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { type ErrnoCode, isKernelError, SECOND, seededRandom } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW, type DmaBuf } from '@gadgetloom/dmabuf';
import { BusyHost } from '../shared/busy-host.ts';
import { Completions } from '../shared/completions.ts';
import { EndlessStream, type Way } from '../shared/endless-stream.ts';
import { expect, expectEqual, refusalOf } from '../shared/expect.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';
import { COMMANDS, openSampleStack, SAMPLES, type SampleStack } from '../shared/sample-gadget.ts';
import { Scarcity } from '../shared/scarcity.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `exhausted --helper PROGRAM [--seed N]

Runs out of memory and of descriptors everywhere, on the kernel that this runs on, as root: each time there has to be a
clear error, every transfer has to complete exactly once and truly, and it has to go on when there is enough again.`,
  options: { helper: NEEDED, seed: 1 },
});

const SIZE = 16 * 1024;
const TERABYTE = 2 ** 40;
const MEBIBYTE = 2 ** 20;
/** More descriptors than opening a stack takes. */
const ENOUGH = 40;
const PATIENCE = 5 * SECOND;
const LIMIT = '/sys/module/udmabuf/parameters/size_limit_mb';

const random = seededRandom(values.seed);
console.log(`seed ${values.seed}`);
using host = new UsbfsHost(values.helper);

async function enabled(options?: Parameters<typeof openSampleStack>[0]): Promise<SampleStack> {
  const stack = await openSampleStack(options);
  await host.configured();
  await stack.enabled();
  return stack;
}

/** Everything that is made once, by Node too, is made before the first inventory. */
async function warmUp(): Promise<void> {
  await using stack = await enabled();
  const stream = new EndlessStream(stack, 'in', stack.allocate({ count: 2, size: SIZE }), { length: SIZE });
  const busy = new BusyHost(host, 'in', SIZE);
  busy.start();
  await stream.more(2);
  stream.stop();
  await busy.stop();
}
await warmUp();
const first = await settledInventory();

async function check(name: string, run: () => void | Promise<void>): Promise<void> {
  await report.check(name, async () => {
    await run();
    await expectNothingLeft(first);
  });
}

for (const heap of ['system', 'udmabuf'])
  await check(`memory, ${heap}: more than there is`, async () => {
    await using stack = await openSampleStack({ heap });
    await refusalOf(() => stack.allocate({ count: 1, size: TERABYTE }), 'ENOMEM', 'EINVAL');
    stack.allocate({ count: 1, size: SIZE });
  });

await check('memory, udmabuf: the module allows less', async () => {
  const before = readFileSync(LIMIT, 'utf8');
  await using stack = await openSampleStack({ heap: 'udmabuf' });
  try {
    writeFileSync(LIMIT, '1');
    const error = await refusalOf(() => stack.allocate({ count: 2, size: 2 * MEBIBYTE }), 'EINVAL');
    expect(error.message.includes('size_limit_mb'), `the limit is not named: ${error.message}`);
    stack.allocate({ count: 2, size: MEBIBYTE });
  } finally {
    writeFileSync(LIMIT, before);
  }
  stack.allocate({ count: 2, size: 2 * MEBIBYTE });
});

for (const heap of ['system', 'udmabuf'])
  await check(`descriptors, ${heap}: none for the last of some buffers`, async () => {
    await using stack = await openSampleStack({ heap });
    // The device of udmabuf is opened for the first buffer.
    stack.allocate({ count: 1, size: SIZE });
    using scarcity = new Scarcity();
    for (let free = 0; free < 4; free++) {
      scarcity.leave(free);
      await refusalOf(() => stack.allocate({ count: 4, size: SIZE }), 'EMFILE');
    }
    scarcity.more(ENOUGH);
    stack.allocate({ count: 4, size: SIZE });
  });

let opened = false;
for (let free = 0; !opened && free < ENOUGH; free++)
  await check(`descriptors: ${free} for a whole stack`, async () => {
    using scarcity = new Scarcity();
    scarcity.leave(free);
    try {
      await using stack = await openSampleStack();
      opened = stack.endpoints.length === 2;
    } catch (error) {
      if (!/EMFILE.*ulimit/.test((error as Error).message)) throw error;
    }
  });
await check('descriptors: enough for a whole stack', () => {
  expect(opened, `${ENOUGH} are not`);
});

await check('descriptors: none to attach, export, duplicate', async () => {
  await using stack = await enabled();
  const [buffer] = [...stack.allocate({ count: 1, size: SIZE })] as [DmaBuf];
  const endpoint = stack.endpoint('stream.samples');
  using scarcity = new Scarcity();
  scarcity.leave(0);
  await refusalOf(() => endpoint.attach(buffer), 'EMFILE');
  await refusalOf(() => buffer.dup(), 'EMFILE');
  await refusalOf(() => buffer.exportSyncFile(DMA_BUF_SYNC_RW), 'EMFILE');
  scarcity.more(4);
  endpoint.attach(buffer);
  endpoint.detach(buffer);
});

/** The ways to end transfers that were queued without a descriptor left, and the status that they must report. */
const ENDS: Readonly<
  Record<string, readonly [end: ErrnoCode | 'ok', act: (stack: SampleStack, way: Way) => Promise<unknown>]>
> = {
  success: [
    'ok',
    async (_, way) => {
      for (let index = 0; index < 4; index++)
        if (way === 'in') await host.bulkIn(SAMPLES, SIZE, PATIENCE);
        else await host.bulkOut(COMMANDS, new Uint8Array(SIZE), PATIENCE);
    },
  ],
  disable: ['ESHUTDOWN', () => host.setConfiguration(0)],
  unbind: ['ESHUTDOWN', (stack) => stack.usbGadget.unbind()],
};

for (const way of ['in', 'out'] as const)
  for (const [name, [expected, end]] of Object.entries(ENDS))
    await check(`descriptors: none at the transfer, ${way}, ${name}`, async () => {
      await using stack = await enabled();
      const endpoint = way === 'in' ? stack.endpoint('stream.samples') : stack.endpoint('stream.commands');
      const buffers = [...stack.allocate({ count: 4, size: SIZE })];
      for (const buffer of buffers) endpoint.attach(buffer);
      const completions = new Completions();
      {
        using scarcity = new Scarcity();
        scarcity.leave(0);
        for (const buffer of buffers) {
          completions.add(endpoint.transfer(buffer, SIZE));
        }
      }
      await end(stack, way);
      const ends = await completions.ends(PATIENCE);
      expectEqual(
        ends,
        ends.map(() => expected),
      );
      completions.expectOnce();
    });

for (const way of ['in', 'out'] as const)
  for (const depth of [1, 2, 4, 8])
    await check(`descriptors: fewer and fewer in a stream, ${way}, depth ${depth}`, async () => {
      await using stack = await enabled();
      const buffers = stack.allocate({ count: depth + 2, size: SIZE });
      const options = { depth, length: SIZE, attachments: depth };
      const stream = new EndlessStream(stack, way, buffers, options);
      const busy = new BusyHost(host, way, SIZE);
      using scarcity = new Scarcity();
      busy.start();
      try {
        await stream.more(4);
        for (let free = 4; free >= 0; free--) {
          scarcity[Symbol.dispose]();
          scarcity.leave(free);
          await stream.turns(20 + Math.floor(random() * 20));
        }
        scarcity[Symbol.dispose]();
        // A stream that receives ends with the first transfer that the kernel does not take.
        const after = !stream.over ? stream : new EndlessStream(stack, way, buffers, options);
        await after.more(10);
        after.stop();
        await after.ended;
        after.expectExactlyOnce(['EMFILE']);
        if (after !== stream) {
          const error: unknown = await stream.ended.catch((reason: unknown) => reason);
          if (!isKernelError(error, 'EMFILE')) throw error;
        }
      } finally {
        await busy.stop();
      }
      stream.expectExactlyOnce(['EMFILE', 'ECONNRESET', 'ECANCELED']);
    });

report.end();
