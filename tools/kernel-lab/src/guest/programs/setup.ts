#!/usr/bin/env node
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LinuxKernel } from '@gadgetloom/backend-linux';
import { Errno, SystemClock } from '@gadgetloom/core';
import { expect, expectEqual } from '../shared/expect.ts';
import { GADGETLOOM } from '../shared/gadgetloom-program.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';

const { values, report } = guestSuite({
  help: `setup --helper PROGRAM

Root prepares the machine with \`gadgetloom setup\`, a user without root streams, and \`gadgetloom clean\` removes what is left;
on the kernel that this runs on, as root.`,
  options: { helper: NEEDED },
});

const helper = values.helper;
const ROOT = 0;
/** A user of the guest, and a stranger. */
const LAB = 1000;
const STRANGER = 1001;
/** A group to which the heap belongs, as udev has it on many machines. */
const VIDEO = 44;
const GADGETS = '/sys/kernel/config/usb_gadget';
const DESCRIPTION = '/tmp/lab.yaml';
const OTHER = '/tmp/other.yaml';
const INPUT = '/tmp/input';
const HEAP = '/dev/dma_heap/system';

const description = (productId: string): string =>
  `name: lab
vendorId: 0x1d6b
productId: ${productId}
functions:
  stream: { class: 0xff, endpoints: { samples: { type: bulk, direction: in }, commands: { type: bulk, direction: out } } }
`;
writeFileSync(DESCRIPTION, description('0x0104'));
writeFileSync(OTHER, description('0x0105'));
writeFileSync(
  INPUT,
  Uint8Array.from({ length: 300_001 }, (_, at) => at * at),
);

interface Ended {
  readonly status: number | null;
  readonly out: string;
}

function start(uid: number, program: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, GADGETLOOM_VIRTUAL: '1', HOME: '/tmp' };
  return spawn(process.execPath, [program, ...args], { uid, gid: uid, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs a program to its end, as a user. */
async function run(uid: number, program: string, ...args: string[]): Promise<Ended> {
  const child = start(uid, program, args);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { status, out: `${out}${err}` };
}

const gadgetloom = (uid: number, ...args: string[]): Promise<Ended> => run(uid, GADGETLOOM, ...args);
const USER_STREAM = join(import.meta.dirname, 'user-stream.js');
const stream = (uid: number): Promise<Ended> => run(uid, USER_STREAM, '--helper', helper);

function expectEnd({ status, out }: Ended, wanted: number, ...words: readonly RegExp[]): void {
  for (const word of words) expect(word.test(out), `${word} is not in: ${out}`);
  expect(status === wanted, `status ${status}: ${out}`);
}

/** On a real machine the host is another machine: here it is the same, and the user has to reach both ends. */
function openHostEnd(): void {
  const root = '/dev/bus/usb';
  if (!existsSync(root)) return;
  for (const bus of readdirSync(root))
    for (const device of readdirSync(join(root, bus))) {
      try {
        chmodSync(join(root, bus, device), 0o666);
      } catch {
        // It is gone again.
      }
    }
}

const mounts = (): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => / functionfs /.test(line));

/** A program that streamed as this user, and is killed. */
async function killed(uid: number): Promise<void> {
  const child = start(uid, USER_STREAM, ['--helper', helper, '--wait']);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const out: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.on('close', () => reject(new Error(`it ended by itself: ${out.join('')}`)));
    child.stderr!.on('data', (chunk) => out.push(String(chunk)));
    child.stdout!.on('data', (chunk) => {
      out.push(String(chunk));
      if (out.join('').includes('streamed as')) resolve();
    });
  });
  child.kill('SIGKILL');
  await ended;
}

/** Whether a user with one group may open the heap. */
async function mayOpenHeap(uid: number, gid: number): Promise<boolean> {
  const child = spawn(process.execPath, ['-e', `fs.closeSync(fs.openSync('${HEAP}', 'r+'))`], { uid, gid });
  return (await new Promise((resolve) => child.on('close', resolve))) === 0;
}

/** Whether the kernel keeps access control lists for devices (CONFIG_TMPFS_POSIX_ACL). User-Mode Linux does not. */
function keepsLists(): boolean {
  using kernel = new LinuxKernel({ clock: new SystemClock() });
  return kernel.addon.readAcl(HEAP, new Uint8Array(0)) !== -Errno.EOPNOTSUPP;
}

const hasHeap = existsSync(HEAP);
if (hasHeap) {
  chownSync(HEAP, ROOT, VIDEO);
  chmodSync(HEAP, 0o660);
}
const sharesHeap = hasHeap && keepsLists();
if (hasHeap && !sharesHeap) {
  await report.check('without access control lists, setup takes no device from a group that uses it', async () => {
    const ended = await gadgetloom(ROOT, 'setup', '--user', 'lab', DESCRIPTION);
    expectEnd(ended, 1, /EOPNOTSUPP.*Make lab a member of that group/);
    expectEqual([await mayOpenHeap(LAB, LAB), await mayOpenHeap(STRANGER, VIDEO)], [false, true], 'user and group');
    expectEnd(await gadgetloom(ROOT, 'clean', '--setup'), 0, /^removed: gadget "lab"/m);
  });
  chmodSync(HEAP, 0o600);
}
const before = statSync(HEAP, { throwIfNoEntry: false });
const opening = setInterval(openHostEnd, 20);

await report.check('setup and clean say that they take root', async () => {
  expectEnd(await gadgetloom(LAB, 'setup', '--user', 'lab', DESCRIPTION), 1, /takes root/);
  expectEnd(await gadgetloom(LAB, 'clean'), 1, /takes root/);
});
await report.check('a user without root is told what is missing', async () => {
  const ended = await gadgetloom(LAB, 'backends', 'linux');
  expectEnd(ended, 0, /not usable/, /missing +configfs .*gadgetloom setup --user/, /without +privilege/);
  expectEnd(await stream(LAB), 1, /backend "linux"|linux: /);
});
await report.check('root sets the gadget up', async () => {
  const ended = await gadgetloom(ROOT, 'setup', '--user', 'lab', DESCRIPTION);
  expectEnd(
    ended,
    0,
    /done +gadget "lab"/,
    /done +FunctionFS "stream" of lab/,
    /done +lab may bind/,
    /lab can run it now/,
  );
});
if (hasHeap)
  await report.check('whoever could use the heap before still can', async () => {
    const allowed = await Promise.all([mayOpenHeap(LAB, LAB), mayOpenHeap(STRANGER, VIDEO)]);
    expectEqual(allowed, [true, sharesHeap], 'user and group');
    expectEqual(statSync(HEAP).gid, sharesHeap ? VIDEO : LAB, `the group of ${HEAP}`);
    expectEqual(await mayOpenHeap(STRANGER, STRANGER), false, 'a stranger');
  });
await report.check('a second time there is nothing to do', async () => {
  const ended = await gadgetloom(ROOT, 'setup', '--user', 'lab', DESCRIPTION);
  expectEnd(ended, 0, /as it was +gadget "lab"/);
  expect(!/^done/m.test(ended.out), ended.out);
});
await report.check('the user is told that it can run', async () => {
  expectEnd(await gadgetloom(LAB, 'backends', 'linux'), 0, /linux +usable/, /set up for this user: gadget "lab"/);
});
for (const turn of ['first', 'second'])
  await report.check(`the user streams, a ${turn} time`, async () => {
    expectEnd(await stream(LAB), 0, /streamed as 1000/);
  });
await report.check('the user runs the main job to its end', async () => {
  const ended = await gadgetloom(LAB, 'run', DESCRIPTION, '--backend', 'linux', '--input', INPUT);
  expectEnd(ended, 0, /^identical: /m);
});
await report.check('a program of the user that is killed leaves it usable', async () => {
  await killed(LAB);
  expectEnd(await gadgetloom(ROOT, 'setup', '--user', 'lab', DESCRIPTION), 0);
  expectEnd(await stream(LAB), 0, /streamed as 1000/);
});
await report.check('somebody else may not use it', async () => {
  expectEnd(await stream(STRANGER), 1, /not writable for this user|set up for the user lab/);
});
await report.check('another description has to be set up first', async () => {
  const other = await gadgetloom(LAB, 'run', OTHER, '--backend', 'linux', '--input', DESCRIPTION);
  expectEnd(other, 1, /set up from another description \(write idProduct\)\. Set it up again/);
  const changed = await gadgetloom(ROOT, 'setup', '--user', 'lab', OTHER);
  expectEnd(changed, 0, /done +gadget "lab"/, /as it was +FunctionFS/);
  expectEnd(await gadgetloom(ROOT, 'setup', '--user', 'lab', DESCRIPTION), 0);
});
await report.check('clean leaves what was set up', async () => {
  expectEnd(await gadgetloom(ROOT, 'clean'), 0, /nothing to clean up/);
  expectEnd(await stream(LAB), 0, /streamed as 1000/);
});
await report.check('clean --setup says what it would remove, and removes it', async () => {
  expectEnd(await gadgetloom(ROOT, 'clean', '--setup', '--dry-run'), 0, /would remove: gadget "lab", .* for lab/);
  expect(existsSync(join(GADGETS, 'lab')), 'a dry run removed the gadget');
  expectEnd(await gadgetloom(ROOT, 'clean', '--setup'), 0, /^removed: gadget "lab"/m);
  const left = [...readdirSync(GADGETS), ...mounts(), ...readdirSync('/run/gadgetloom-setup')];
  expectEqual(left, [], 'left behind');
  const after = statSync(HEAP, { throwIfNoEntry: false });
  expect(after?.mode === before?.mode && after?.gid === before?.gid, `${HEAP} is as set up`);
  expect(!hasHeap || !(await mayOpenHeap(LAB, LAB)), `the user may still open ${HEAP}`);
});
await report.check('clean removes what a killed program left, and nothing of others', async () => {
  mkdirSync(join(GADGETS, 'foreign'));
  await killed(ROOT);
  expectEnd(await gadgetloom(ROOT, 'clean', '--dry-run'), 0, /would remove: gadget "lab" of process \d+.*"stream"/);
  expectEnd(await gadgetloom(ROOT, 'clean'), 0, /^removed: gadget "lab"/m);
  const left = [...readdirSync(GADGETS), ...mounts()];
  expectEqual(left, ['foreign'], 'left behind');
  expectEnd(await gadgetloom(ROOT, 'clean'), 0, /nothing to clean up/);
  rmdirSync(join(GADGETS, 'foreign'));
});
clearInterval(opening);
report.end();
