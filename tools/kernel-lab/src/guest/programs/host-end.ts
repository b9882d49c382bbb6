#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { linux } from '@gadgetloom/backend-linux';
import { mock } from '@gadgetloom/backend-mock';
import { Errno, type Plugin } from '@gadgetloom/core';
import { composeStack } from '@gadgetloom/gadget';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite, OPTIONAL } from '../shared/guest-suite.ts';
import { CONVERSATION, keepAndGive, talker } from '../shared/host-conversation.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';

const { values, report } = guestSuite({
  help: `host-end [--pending exit|worker]

Talks to a gadget from the host's end, with one program on the mock backend and on the kernel that this runs on, as root, and
compares what it is told. Then goes to the limits of usbfs.
--pending: a part of it, in a process of its own, that ends in the middle of transfers.`,
  options: { pending: OPTIONAL },
});
if (values.pending !== undefined) await leaveThemPending(values.pending);

const MEGABYTE = 1 << 20;

function open(backend: Plugin) {
  return composeStack({ gadget: talker, backends: [backend], backend: backend.name, onSetup: keepAndGive() });
}

/** What the conversation is told, step by step; the rest is missing after a step that failed. */
async function converse(backend: Plugin): Promise<Map<string, unknown>> {
  const seen = new Map<string, unknown>();
  await using stack = await open(backend);
  const usb = await stack.host();
  await stack.enabled();
  for (const [step, act] of Object.entries(CONVERSATION)) seen.set(step, await act({ stack, usb }));
  return seen;
}

/** More than usbfs has memory for, all at once: everything arrives, in order. */
async function flood(): Promise<void> {
  await using stack = await open(linux({ virtual: true }));
  const device = await stack.hostDevice();
  await stack.enabled();
  const count = 24;
  let over = 0;
  const sent = Promise.all(
    Array.from({ length: count }, (_, index) => {
      const data = new Uint8Array(MEGABYTE).fill(index);
      return new Promise<number>((resolve) => {
        const transfer = new HostTransfer(data, ({ status }) => {
          if (over++ !== index) resolve(-1);
          resolve(status);
        });
        device.pipe(0x02).submit(transfer);
      });
    }),
  );
  const into = new Uint8Array(MEGABYTE);
  for (let index = 0; index < count; index++) {
    const length = await stack.endpoint('talk.down').read(into);
    if (length !== MEGABYTE || into.some((byte) => byte !== index))
      throw new Error(`transfer ${index}: ${length} bytes`);
  }
  expectEqual(
    (await sent).filter((status) => status !== 0),
    [],
    'transfers that failed',
  );
}

/** More transfers than usbfs is given at a time, and the gadget goes away: each ends exactly once. */
async function unplug(): Promise<void> {
  await using stack = await open(linux({ virtual: true }));
  const device = await stack.hostDevice();
  await stack.enabled();
  const ends = Array.from({ length: 100 }, () => 0);
  const all = ends.map(
    (_, index) =>
      new Promise<number>((resolve) => {
        const transfer = new HostTransfer(new Uint8Array(512), ({ status }) => {
          ends[index]!++;
          resolve(status);
        });
        device.pipe(0x81).submit(transfer);
      }),
  );
  await stack.usbGadget.unbind();
  const odd = (await Promise.all(all)).filter((status) => status !== -Errno.ESHUTDOWN && status !== -Errno.EPROTO);
  expectEqual(odd, [], 'transfers that ended otherwise');
  expectEqual(ends, Array(100).fill(1), 'completions of each transfer');
}

/** Ends this process, or a worker thread of it, with transfers and a call of usbfs under way. */
async function leaveThemPending(how: string): Promise<never> {
  if (how === 'worker' && isMainThread) {
    const worker = new Worker(new URL(import.meta.url), { argv: ['--pending', 'worker'] });
    await once(worker, 'message');
    await worker.terminate();
    process.exit(0);
  }
  const stack = await open(linux({ virtual: true }));
  const device = await stack.hostDevice();
  await stack.enabled();
  for (let index = 0; index < 8; index++) {
    device.pipe(0x81).submit(new HostTransfer(new Uint8Array(4096), () => {}));
    device.pipe(0x02).submit(new HostTransfer(new Uint8Array(4096), () => {}));
  }
  await device.string(1);
  void device.reset();
  if (isMainThread) process.exit(0);
  parentPort?.postMessage('pending');
  return new Promise(() => {});
}

/** Runs this program as another process, which has to end by itself. */
async function endsWellPending(how: string): Promise<void> {
  const child = spawn(process.execPath, [process.argv[1]!, '--pending', how], { stdio: 'inherit' });
  const [status, signal] = await once(child, 'exit');
  expectEqual(status ?? signal, 0, 'it ended with');
}

try {
  const expected = await converse(mock({ speed: 'high' }));
  const seen = await converse(linux({ virtual: true })).catch((error: unknown) => error);
  for (const [step, answer] of expected) {
    await report.check(`a device ${step}`, () => {
      if (!(seen instanceof Map)) throw seen;
      const found = seen.get(step);
      expect(isDeepStrictEqual(found, answer), `on linux ${JSON.stringify(found)}, on mock ${JSON.stringify(answer)}`);
    });
  }
  const before = await settledInventory();
  await report.check('more than usbfs has memory for arrives in order', flood);
  await report.check('each of a hundred transfers ends once when the gadget goes', unplug);
  await report.check('a process ends in the middle of transfers', () => endsWellPending('exit'));
  await report.check('a worker thread ends in the middle of transfers', () => endsWellPending('worker'));
  await report.check('the next one starts as ever', unplug);
  await report.check('nothing is left of all this', () => expectNothingLeft(before));
} catch (error) {
  report.failed('the suite', error);
}
report.end();
