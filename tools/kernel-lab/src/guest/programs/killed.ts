#!/usr/bin/env node
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanLeftover, findLeftovers, LINUX_KERNEL, linux } from '@gadgetloom/backend-linux';
import { isKernelError, seededRandom } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { BusyHost } from '../shared/busy-host.ts';
import { EndlessStream, type Way } from '../shared/endless-stream.ts';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';
import { OtherProcess } from '../shared/other-process.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values, report } = guestSuite({
  help: `killed --helper PROGRAM [--seed N] [--only NAME]

Ends programs in mid-stream, on the kernel that this runs on, as root: what they leave behind has to be found and cleaned,
nothing of others touched, and a new stream has to work.`,
  options: { helper: NEEDED, seed: 1, only: OPTIONAL },
});

const LENGTH = 16 * 1024;
const GADGETS = '/sys/kernel/config/usb_gadget';

const random = seededRandom(values.seed);
console.log(`seed ${values.seed}`);
using host = new UsbfsHost(values.helper);
await using other = new OtherProcess();

/** A gadget and a mount that somebody else made, in ways of their own. */
class Foreign implements Disposable {
  readonly #gadget = join(GADGETS, 'foreign');
  readonly #mount = '/tmp/foreign';

  static async make(): Promise<Foreign> {
    const foreign = new Foreign();
    for (const path of ['', 'functions/ffs.foreign', 'configs/c.1']) mkdirSync(join(foreign.#gadget, path));
    symlinkSync(join(foreign.#gadget, 'functions/ffs.foreign'), join(foreign.#gadget, 'configs/c.1/ffs.foreign'));
    mkdirSync(foreign.#mount);
    expectEqual(await other.run(`mount -t functionfs foreign ${foreign.#mount}`), 0, 'status of mount');
    return foreign;
  }

  /** @throws Error it is not there as it was */
  expectUntouched(): void {
    const link = existsSync(join(this.#gadget, 'configs/c.1/ffs.foreign'));
    const mounted = readFileSync('/proc/self/mounts', 'utf8').includes(` ${this.#mount} functionfs`);
    if (!link || !mounted || !existsSync(join(this.#mount, 'ep0')))
      throw new Error(`what others made was touched: link ${link}, mounted ${mounted}`);
  }

  async remove(): Promise<void> {
    await other.run(`umount ${this.#mount}`);
    rmdirSync(this.#mount);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    unlinkSync(join(this.#gadget, 'configs/c.1/ffs.foreign'));
    for (const path of ['configs/c.1', 'functions/ffs.foreign', '']) rmdirSync(join(this.#gadget, path));
  }
}

/** A program that streams. */
class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;

  constructor(way: Way, depth: number, end = 'exit') {
    const program = join(import.meta.dirname, 'streaming-child.js');
    const words = ['--way', way, '--depth', String(depth), '--end', end];
    this.process = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr?.resume();
    this.ended = once(this.process, 'close');
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error it says something else, or ends */
  async says(word: string): Promise<void> {
    const { value } = await this.#lines.next();
    expectEqual(value, word, 'the child said');
  }
}

/** How programs end, with what the parent does about it. */
const ENDS: Readonly<Record<string, (child: Child) => void>> = {
  SIGKILL: (child) => child.process.kill('SIGKILL'),
  SIGTERM: (child) => child.process.kill('SIGTERM'),
  SIGINT: (child) => child.process.kill('SIGINT'),
  SIGSEGV: (child) => child.process.kill('SIGSEGV'),
  exit: (child) => void child.process.stdin?.write('\n'),
  exception: (child) => void child.process.stdin?.write('\n'),
  rejection: (child) => void child.process.stdin?.write('\n'),
};

/** Ends that run code of the program: it removes what it has made by itself. */
const TIDY: readonly string[] = ['exit', 'exception', 'rejection'];

async function endInMidStream(name: string, way: Way, depth: number): Promise<void> {
  const child = new Child(way, depth, name.startsWith('SIG') ? 'exit' : name);
  await host.configured();
  await child.says('enabled');
  const busy = new BusyHost(host, way, LENGTH);
  busy.start();
  try {
    await child.says('streaming');
    await pause(Math.floor(random() * 5));
    // Half of them end while the host has stopped: all transfers are under way.
    if (depth % 2 === 0) await busy.stop();
    ENDS[name]!(child);
    await child.ended;
  } finally {
    await busy.stop();
  }
}

/** @throws Error a new stream does not work */
async function streamAgain(way: Way, depth: number): Promise<void> {
  await using stack = await openSampleStack();
  await host.configured();
  await stack.enabled();
  const buffers = stack.allocate({ count: depth + 1, size: LENGTH });
  const stream = new EndlessStream(stack, way, buffers, { depth, length: LENGTH });
  const busy = new BusyHost(host, way, LENGTH);
  busy.start();
  await stream.more(4);
  await Promise.all([busy.stop(), stack.close()]);
  stream.expectExactlyOnce(['ESHUTDOWN', 'ECANCELED', 'ECONNRESET']);
}

/** Finds and removes what was left behind. Gives the names of the gadgets. */
async function clean(): Promise<string[]> {
  await using pieces = await composePieces({ plugins: [linux({ virtual: true })] });
  const kernel = pieces.resolve(LINUX_KERNEL);
  const found = findLeftovers(kernel);
  for (const note of found) await cleanLeftover(kernel, note);
  return found.map(({ gadget }) => gadget);
}

await streamAgain('in', 1);
const foreign = await Foreign.make();
const first = await settledInventory();

async function check(name: string, run: () => Promise<void>): Promise<void> {
  await report.check(name, async () => {
    await run();
    foreign.expectUntouched();
    await expectNothingLeft(first);
  });
}

for (const name of Object.keys(ENDS)) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  for (const depth of name === 'SIGKILL' ? [1, 2, 3, 4, 5, 6, 7, 8] : [3, 6]) {
    const way = depth % 4 < 2 ? 'in' : 'out';
    const cleaned = depth % 4 === 1 || depth % 4 === 2;
    await check(`${name}, ${way}, depth ${depth}, ${cleaned ? 'cleaned' : 'started again at once'}`, async () => {
      await endInMidStream(name, way, depth);
      if (TIDY.includes(name)) await expectNothingLeft(first);
      if (cleaned) {
        const found = await clean();
        if (TIDY.includes(name)) expectEqual(found, [], 'left a note about');
        expect(found.length < 2, `cleaned ${found.join(' ')}`);
        if (name === 'SIGKILL') expectEqual(found, ['lab'], 'found of what the program left behind');
        await expectNothingLeft(first);
      }
      await streamAgain(way, depth);
    });
  }
}

await check('a program that runs leaves nothing that could be cleaned, and is not disturbed', async () => {
  const child = new Child('in', 4);
  await host.configured();
  await child.says('enabled');
  const busy = new BusyHost(host, 'in', LENGTH);
  busy.start();
  const found = await clean();
  expectEqual(found, [], 'found');
  const error: unknown = await openSampleStack().catch((reason: unknown) => reason);
  expect(isKernelError(error, 'EEXIST'), `no EEXIST for a gadget that is in use: ${error}`);
  await child.says('streaming');
  await busy.stop();
  child.process.kill('SIGKILL');
  await child.ended;
  await clean();
});

await foreign.remove();
if (readdirSync(GADGETS).length > 0) report.failed('the end', new Error('gadgets are left'));
report.end();
