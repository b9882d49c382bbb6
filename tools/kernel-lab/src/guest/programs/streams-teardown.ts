#!/usr/bin/env node
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errnoCode, isKernelError, POLLIN, SECOND } from '@gadgetloom/core';
import { settled } from '@gadgetloom/streams';
import { EndlessStream, type Way } from '../shared/endless-stream.ts';
import { expect } from '../shared/expect.ts';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';
import { openSampleStack, type SampleStack } from '../shared/sample-gadget.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `streams-teardown --helper PROGRAM [--only NAME]

Ends streams, stacks and workers while every transfer is under way, on the kernel that this runs on, as root: each
transfer has to be reported once, every buffer has to come back, and nothing may be left behind.`,
  options: { helper: NEEDED, only: OPTIONAL },
});

const LENGTH = 16 * 1024;
const DEPTHS = [1, 2, 4, 8];
const CLOSED = ['ESHUTDOWN', 'ECANCELED', 'ECONNRESET'];

using host = new UsbfsHost(values.helper);

/** A stream whose transfers are all under way, because the host does nothing. */
interface Scene {
  readonly stack: SampleStack;
  readonly stream: EndlessStream;
  readonly buffers: AsyncDisposable;
}

/** Resolves once `depth` buffers have a transfer under way. */
async function underWay(stream: EndlessStream, depth: number): Promise<void> {
  const held = () => stream.pool.report().held.filter(({ buffer }) => buffer.poll(POLLIN | 4) !== (POLLIN | 4));
  while (held().length < depth) await new Promise(setImmediate);
}

const endpointOf = (stack: SampleStack, way: Way) =>
  way === 'in' ? stack.endpoint('stream.samples') : stack.endpoint('stream.commands');

/** How streams end. */
const ENDS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'unsubscribed from': async ({ stack, stream }) => {
    stream.unsubscribe();
    await settled(endpointOf(stack, stream.way));
    await new Promise(setImmediate);
    stream.expectBuffersBack();
    // The endpoint is free for the next.
    const next = new EndlessStream(stack, stream.way, stack.allocate({ count: 1, size: LENGTH }), { length: LENGTH });
    await underWay(next, 1);
    next.unsubscribe();
    await settled(endpointOf(stack, stream.way));
  },
  'stack closed': async ({ stack, stream }) => {
    await stack.close();
    await stream.ended;
    stream.expectExactlyOnce(CLOSED);
  },
  'stack closed three times': async ({ stack, stream }) => {
    await Promise.all([stack.close(), stack[Symbol.asyncDispose]()]);
    await stack.close();
    await stream.ended;
    stream.expectExactlyOnce(CLOSED);
  },
  'unsubscribed from while the stack closes': async ({ stack, stream }) => {
    const closed = stack.close();
    stream.unsubscribe();
    await closed;
    await new Promise(setImmediate);
    stream.expectBuffersBack();
  },
  'unbound, then the stack closed': async ({ stack, stream }) => {
    await stack.usbGadget.unbind();
    await stack.close();
    await stream.ended;
    stream.expectExactlyOnce(CLOSED);
  },
  'buffers closed': async ({ stack, stream, buffers }) => {
    await buffers[Symbol.asyncDispose]();
    await stack.close();
    await stream.ended.catch(() => {});
  },
  'endpoint file closed': async ({ stack, stream }) => {
    endpointOf(stack, stream.way).close();
    await stream.ended.catch((error: unknown) => {
      if (!isKernelError(error, 'EBADF')) throw error;
    });
    // A buffer that was asked for before comes back in the next turn.
    await new Promise(setImmediate);
    stream.expectExactlyOnce([...CLOSED, 'EBADF']);
  },
};

async function enabled(): Promise<SampleStack> {
  const stack = await openSampleStack();
  await host.configured();
  await stack.enabled();
  return stack;
}

async function scene(way: Way, depth: number, end: (scene: Scene) => Promise<void>): Promise<void> {
  await using stack = await enabled();
  const buffers = stack.allocate({ count: depth, size: LENGTH });
  const stream = new EndlessStream(stack, way, buffers, { depth, length: LENGTH });
  await underWay(stream, depth);
  await end({ stack, stream, buffers });
}

{
  await using _ = await enabled();
}
const worker = (kind: string): Worker =>
  new Worker(join(import.meta.dirname, 'streaming-child.js'), {
    argv: ['--depth', '4', '--way', kind],
    stdin: true,
    stdout: true,
    stderr: true,
  });
{
  const idle = new Worker('', { eval: true });
  await once(idle, 'exit');
}
const first = await settledInventory();

async function check(name: string, run: () => Promise<void>): Promise<void> {
  if (values.only !== undefined && !name.includes(values.only)) return;
  await report.check(name, async () => {
    await run();
    await expectNothingLeft(first);
  });
}

for (const [name, end] of Object.entries(ENDS))
  for (const way of ['in', 'out'] as const)
    for (const depth of DEPTHS) await check(`${name}, ${way}, depth ${depth}`, () => scene(way, depth, end));

for (const depth of DEPTHS)
  await check(`both endpoints at once, depth ${depth}, one by copying`, async () => {
    const stack = await enabled();
    const into = new Uint8Array(LENGTH);
    const buffers = stack.allocate({ count: 2 * depth, size: LENGTH });
    const sending = new EndlessStream(stack, 'in', [...buffers].slice(0, depth), { depth, length: LENGTH });
    const receiving = new EndlessStream(stack, 'out', [...buffers].slice(depth), { depth, length: LENGTH });
    await Promise.all([underWay(sending, depth), underWay(receiving, depth)]);
    const reading = stack.endpoint('stream.commands').read(into);
    reading.catch(() => {});
    await stack.close();
    await Promise.all([sending.ended, receiving.ended]);
    sending.expectExactlyOnce(CLOSED);
    receiving.expectExactlyOnce(CLOSED);
    const error: unknown = await reading.catch((reason: unknown) => reason);
    expect(isKernelError(error), `the read gave ${error}`);
  });

await check('fences asked after the end say what they said', async () => {
  const stack = await enabled();
  const endpoint = stack.endpoint('stream.samples');
  const fences = [...stack.allocate({ count: 4, size: LENGTH })].map((buffer) => {
    endpoint.attach(buffer);
    return endpoint.transfer(buffer, LENGTH);
  });
  const waiting = fences.map((fence) => fence.wait(10 * SECOND));
  await stack.close();
  const statuses = await Promise.all(waiting);
  const again = fences.map(({ status }) => status);
  if (String(statuses) !== String(again) || statuses.some((status) => !CLOSED.includes(errnoCode(status))))
    throw new Error(`${statuses} then ${again}`);
});

for (const way of ['in', 'out'])
  await check(`a worker that is terminated in mid-stream, ${way}`, async () => {
    const thread = worker(way);
    thread.on('error', () => {});
    await host.configured();
    await new Promise<void>((resolve, reject) => {
      thread.stdout.on('data', (text: Buffer) => String(text).includes('enabled') && resolve());
      thread.on('exit', () => reject(new Error('the worker ended by itself')));
    });
    await thread.terminate();
    await using stack = await enabled();
    const stream = new EndlessStream(stack, 'in', stack.allocate({ count: 2, size: LENGTH }), { length: LENGTH });
    await underWay(stream, 2);
  });

report.end();
