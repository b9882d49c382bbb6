#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ErrnoCode, errnoMeaning, isKernelError, type KernelError, SECOND, seededRandom } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW, type DmaBuf, type DmaFence } from '@gadgetloom/dmabuf';
import { BusyHost } from './busy-host.ts';
import { EndlessStream, type Way } from './endless-stream.ts';
import { expectNothingLeft, settledInventory } from './inventory.ts';
import { COMMANDS, openSampleStack, SAMPLES, type SampleStack } from './sample-gadget.ts';
import { Scarcity } from './scarcity.ts';
import { SuiteReport } from './suite-report.ts';
import { UsbfsHost } from './usbfs-host.ts';

const HELP = `exhausted --helper PROGRAM [--seed N]

Runs out of memory and of descriptors everywhere, on the kernel that this runs on, as root: each time there has to be a
clear error, every transfer has to complete exactly once and truly, and it has to go on when there is enough again.`;

const { values } = parseArgs({
  options: {
    helper: { type: 'string' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const SIZE = 16 * 1024;
const TERABYTE = 2 ** 40;
const MEBIBYTE = 2 ** 20;
const ESHUTDOWN = -108;
/** More descriptors than opening a stack takes. */
const ENOUGH = 40;
const PATIENCE = 5 * SECOND;
const LIMIT = '/sys/module/udmabuf/parameters/size_limit_mb';

const random = seededRandom(Number(values.seed));
const report = new SuiteReport();
console.log(`seed ${values.seed}`);
using host = new UsbfsHost(values.helper);

/** The error that a call has to fail with. It has to be one of the kernel's, with a sentence about what to do. */
async function refusalOf(call: () => unknown, ...codes: ErrnoCode[]): Promise<KernelError> {
  try {
    await call();
  } catch (error) {
    if (!isKernelError(error)) throw new Error(`${error} is no error of the kernel`, { cause: error });
    if (!codes.includes(error.code))
      throw new Error(`${error.code} instead of ${codes.join(' or ')}`, { cause: error });
    if (error.message.endsWith(`${error.code}: ${errnoMeaning(error.errno)}`))
      throw new Error(`"${error.message}" does not tell what to do`, { cause: error });
    return error;
  }
  throw new Error(`nothing was refused; ${codes.join(' or ')} was expected`);
}

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
    if (!error.message.includes('size_limit_mb')) throw new Error(`the limit is not named: ${error.message}`);
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
  if (!opened) throw new Error(`${ENOUGH} are not`);
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

/** What is done to transfers that were queued without a descriptor left, and what they then have to report. */
const ENDS: Readonly<
  Record<string, readonly [status: number, end: (stack: SampleStack, way: Way) => Promise<unknown>]>
> = {
  success: [
    1,
    async (_, way) => {
      for (let index = 0; index < 4; index++)
        if (way === 'in') await host.bulkIn(SAMPLES, SIZE, PATIENCE);
        else await host.bulkOut(COMMANDS, new Uint8Array(SIZE), PATIENCE);
    },
  ],
  disable: [ESHUTDOWN, () => host.setConfiguration(0)],
  unbind: [ESHUTDOWN, (stack) => stack.usbGadget.unbind()],
};

for (const way of ['in', 'out'] as const)
  for (const [name, [expected, end]] of Object.entries(ENDS))
    await check(`descriptors: none at the transfer, ${way}, ${name}`, async () => {
      await using stack = await enabled();
      const endpoint = way === 'in' ? stack.endpoint('stream.samples') : stack.endpoint('stream.commands');
      const buffers = [...stack.allocate({ count: 4, size: SIZE })];
      for (const buffer of buffers) endpoint.attach(buffer);
      const completions = new Map<DmaFence, number>();
      {
        using scarcity = new Scarcity();
        scarcity.leave(0);
        for (const buffer of buffers) {
          const fence = endpoint.transfer(buffer, SIZE);
          completions.set(fence, 0);
          fence.addCallback({ fenceSignaled: () => completions.set(fence, completions.get(fence)! + 1) });
        }
      }
      await end(stack, way);
      const got = await Promise.all([...completions.keys()].map((fence) => fence.wait(PATIENCE)));
      const counts = [...completions.values()];
      if (got.some((status) => status !== expected) || counts.some((count) => count !== 1))
        throw new Error(`statuses ${got.join(' ')} instead of ${expected}, completions ${counts.join(' ')}`);
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
