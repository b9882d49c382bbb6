#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DmaHeap, LinuxController, LinuxFunctionFs, LinuxKernel, LinuxUdmabuf, linux } from '@gadgetloom/backend-linux';
import { type ErrnoCode, SystemClock } from '@gadgetloom/core';
import { expect, refusalOf } from '../shared/expect.ts';
import { guestSuite, OPTIONAL } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';

const { values, report } = guestSuite({
  help: `unprivileged [--user N]

Tries everything as an ordinary user, on the kernel that this runs on, started as root: each operation has to say what is
missing and what to do, and nothing may be left behind.`,
  options: { helper: OPTIONAL, user: 1000 },
});

if (process.getuid?.() === 0) await asRoot();
else await asUser();
report.end();

/** Runs this program once more as the user, and reports what it reports. */
async function asRoot(): Promise<void> {
  const id = values.user;
  const before = await settledInventory();
  let ended = false;
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    uid: id,
    gid: id,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOME: '/tmp' },
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, verdict, name] = /^(ok|FAILED) (.*)$/.exec(line) ?? [];
    if (verdict === 'ok') report.passed(name!);
    else if (verdict === 'FAILED') report.failed(...(name!.split(': ', 2) as [string, string]));
    else if (/^\d+ passed/.test(line)) ended = true;
    else console.log(line);
  });
  await once(child, 'close');
  if (!ended) report.failed('the program of the user', new Error('it did not come to its end'));
  await report.check('nothing is left behind', () => expectNothingLeft(before, ['mounts', 'configfs', 'dma-bufs']));
}

/** @throws Error the call is not refused, or the refusal does not tell what to do */
async function refused(call: () => unknown, codes: readonly ErrnoCode[] = ['EACCES', 'EPERM']): Promise<void> {
  console.log((await refusalOf(call, ...codes)).message);
}

async function asUser(): Promise<void> {
  using kernel = new LinuxKernel({ clock: new SystemClock() });
  await report.check('the probe says what is missing, and what to do', async () => {
    const result = await linux({ virtual: true }).probe();
    expect(!result.ok, `the probe is content: ${result.ok ? result.summary : ''}`);
    console.log(result.reason, result.advice);
    expect(/root|setup|group|user/.test(`${result.reason} ${result.advice}`), 'it names no way out');
  });
  await report.check('opening a stack', async () => {
    const error: unknown = await openSampleStack().catch((reason: unknown) => reason);
    console.log(String(error));
    expect(/root|setup|group|user/.test(String(error)), `it names no way out: ${error}`);
  });
  await report.check('opening a heap', () => refused(() => new DmaHeap(kernel, 'system')));
  await report.check('allocating from udmabuf', () => refused(() => new LinuxUdmabuf(kernel).allocate({ size: 4096 })));
  const gadget = { name: 'lab', vendorId: 1, productId: 2, configurations: [{ value: 1, functions: [] }] };
  using controller = new LinuxController(kernel, { virtual: true });
  await report.check('creating a gadget', () => refused(() => controller.createGadget(gadget)));
  await report.check('connecting', () => refused(() => controller.connect()));
  await report.check('disconnecting', () => refused(() => controller.disconnect()));
  await report.check('mounting FunctionFS', () => refused(() => new LinuxFunctionFs(kernel).mount('lab')));
}
