#!/usr/bin/env node
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { seededRandom } from '@gadgetloom/core';
import { expect } from '../shared/expect.ts';
import { GADGETLOOM } from '../shared/gadgetloom-program.ts';
import { guestSuite } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';

const { values, report } = guestSuite({
  help: `main-job [--brief] [--copying]

The main job of \`gadgetloom run\`, on the kernel that this runs on, as root: a file goes to the host and comes back. With
--copying the controller takes no scatter-gather requests, and bytes have to be copied.`,
  options: { brief: false, copying: false },
});

const SIZE = 500_001;
const path = values.copying ? 'copy' : 'dmabuf';
const folder = mkdtempSync(join(tmpdir(), 'main-job-'));
const input = join(folder, 'input');
const output = join(folder, 'output');
const random = seededRandom(1);
const noise = Uint8Array.from({ length: 4 * SIZE }, () => random() * 256);

type Environment = Readonly<Record<string, string>>;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Environment): ChildProcess {
  const { GADGETLOOM_VIRTUAL: _, ...rest } = process.env;
  return spawn(process.execPath, [GADGETLOOM, 'run', ...args], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, [status]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')]);
  return { status: status as number | null, out, err };
}

const run = (args: readonly string[], env: Environment = {}): Promise<Ended> => ended(start(args, env));

/** @throws Error it is not so; with what the program said */
function expectEnd(what: string, holds: boolean, { status, out, err }: Ended): void {
  if (!holds) throw new Error(`${what} (status ${status})\n${out}${err}`);
}

/** Streams with a report for machines: the same bytes at both ends, both ways, by the path that is expected. */
async function identical(args: readonly string[], env: Environment = {}, size: number = SIZE): Promise<void> {
  const bytes = noise.subarray(0, size);
  const hash = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(input, bytes);
  const end = await run([...args, '--input', input, '--json'], env);
  expectEnd('it fails', end.status === 0 && end.err === '', end);
  const { backend, bytes: total, sha256, verdict, in: sent, out: received } = JSON.parse(end.out);
  expectEnd('it ran on another backend', backend === 'linux', end);
  expectEnd('it is not identical', verdict === 'identical' && sha256.sent === hash && sha256.received === hash, end);
  for (const direction of [sent, received]) {
    expectEnd('not every byte was moved', total === size && direction.bytes === size && direction.errors === 0, end);
    expectEnd(`it went by ${direction.path}`, direction.path === path, end);
    expectEnd('the reason is wrong', direction.copying === (values.copying ? 'EPERM' : null), end);
  }
}

const check = (name: string, run: () => Promise<void>): Promise<void> => report.check(name, run);

// The first one makes directories that stay.
await check('identical at both ends, with --backend linux:virtual', () => identical(['--backend', 'linux:virtual']));
const before = await settledInventory();
if (!values.brief) {
  await check('identical where the environment says the same, and kept in a file', async () => {
    await identical(['--output', output], { GADGETLOOM_BACKEND: 'linux', GADGETLOOM_VIRTUAL: '1' });
    expect(readFileSync(output).equals(noise.subarray(0, SIZE)), 'the file is another one');
  });
  for (const [size, depth, total] of [
    ['512', '1', 50_001],
    ['1MiB', '8', 4 * SIZE],
  ] as const) {
    await check(`identical with buffers of ${size}, ${depth} at a time`, () =>
      identical(['--backend', 'linux:controller=dummy_udc.0', '--buffer-size', size, '--depth', depth], {}, total),
    );
  }
  await check('identical with buffers of udmabuf', () => identical(['--backend', 'linux:virtual,heap=udmabuf']));
  await check('takes a controller without hardware only when asked', async () => {
    const end = await run(['--backend', 'linux']);
    expectEnd('it does', end.status === 1 && /only controllers without hardware.*virtual/.test(end.err), end);
  });
}
await check('says by which path the bytes went', async () => {
  const end = await run(['--input', input], { GADGETLOOM_BACKEND: 'linux:virtual' });
  const line = values.copying ? / copied$/m : / DMABUF$/m;
  expectEnd('it does not', end.status === 0 && line.test(end.out) && /^identical: /m.test(end.out), end);
  const why = /^copied: the controller takes no scatter-gather requests/m.test(end.out);
  expectEnd('the reason is missing, or made up', why === values.copying, end);
});
if (!values.brief) {
  await check('copies nothing where that is an error', async () => {
    const end = await run(['--input', input, '--backend', 'linux:virtual', '--fallback', 'error']);
    const refused = end.status === 1 && /the controller cannot do scatter-gather/.test(end.err);
    expectEnd('it does not', values.copying ? refused : end.status === 0, end);
  });
  await check('ends on Ctrl-C, in the middle', async () => {
    // Large, and slow by its small buffers: it cannot be over before it is stopped.
    const child = start(['--backend', 'linux:virtual', '--buffer-size', '512', '--depth', '2'], {});
    child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000));
    const end = await ended(child);
    expectEnd('it does not', end.status === 130 && /^stopped: /m.test(end.out), end);
  });
}
await check('nothing is left behind', () => expectNothingLeft(before));
report.end();
