#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isKernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import type { DmaBuf, DmaFence } from '@gadgetloom/dmabuf';
import { type FfsScene, openScene } from './ffs-scene.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `teardown --helper PROGRAM

Ends transfers in every way, on the kernel that this runs on, as root: each must complete exactly once, and nothing may
be left behind.`;

const SIZE = 65536;
const DEPTHS = [1, 2, 4, 8];

const { values } = parseArgs({ options: { helper: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

/** What is there to end. */
interface Scene extends FfsScene {
  readonly buffers: readonly DmaBuf[];
}

interface Way {
  readonly status: readonly number[];
  readonly end: (scene: Scene) => Promise<void> | void;
}

const ECONNRESET = -104;
const ESHUTDOWN = -108;

/** How transfers come to an end, and what they then report; 1 is success. */
const WAYS: Readonly<Record<string, Way>> = {
  detach: {
    status: [ECONNRESET],
    end: ({ endpoint, buffers }) => buffers.forEach((buffer) => void endpoint.detach(buffer)),
  },
  close: { status: [ECONNRESET], end: ({ endpoint }) => endpoint.close() },
  'close of the buffers': {
    status: [ECONNRESET],
    end: ({ endpoint, buffers }) => {
      for (const buffer of buffers) buffer.close();
      endpoint.close();
    },
  },
  disable: { status: [ESHUTDOWN], end: ({ host }) => host.setConfiguration(0) },
  unbind: { status: [ESHUTDOWN], end: ({ gadget }) => gadget.unbind() },
  reset: { status: [ESHUTDOWN], end: ({ host }) => host.reset() },
  disconnect: { status: [ESHUTDOWN], end: ({ controller }) => controller.disconnect() },
};

async function round({ status, end }: Way, file: 'ep1' | 'ep2', depth: number): Promise<void> {
  await using scene = await openScene('teardown', values.helper!, file);
  const { clock, endpoint, exporter } = scene;
  const buffers = Array.from({ length: depth }, () => exporter.allocate({ size: SIZE }));
  const completions = new Map<DmaFence, number>();
  for (const buffer of buffers) {
    endpoint.attach(buffer);
    const fence = endpoint.transfer(buffer, SIZE);
    completions.set(fence, 0);
    fence.addCallback({ fenceSignaled: () => completions.set(fence, completions.get(fence)! + 1) });
  }
  await end({ ...scene, buffers });
  const got = await Promise.all([...completions.keys()].map((fence) => fence.wait(5 * SECOND)));
  await sleep(clock, 20 * MILLISECOND);
  for (const buffer of buffers) buffer.close();
  const counts = [...completions.values()];
  const wrong = got.filter((each) => !status.includes(each));
  if (wrong.length > 0 || counts.some((count) => count !== 1))
    throw new Error(`statuses ${got.join(' ')}, completions ${counts.join(' ')}`);
}

/** The errno of a call that fails. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isKernelError(error) ? error.code : `no error of the kernel, but ${error}`;
}

/**
 * Calls that wait outside of the kernel while what they need is taken away, and the code that they then fail with:
 * backend-linux, docs/differences.md.
 */
const WAITING: Readonly<Record<string, (scene: Scene) => Promise<string>>> = {
  'EPERM for a transfer whose buffer is detached while it waits': async ({ endpoint, exporter }) => {
    using buffer = exporter.allocate({ size: SIZE });
    endpoint.attach(buffer);
    endpoint.transfer(buffer, SIZE);
    const second = codeOf(endpoint.transferBlocking(buffer, SIZE));
    endpoint.detach(buffer);
    return second;
  },
  'EINTR for a read whose file is closed while it waits': async ({ endpoint }) => {
    endpoint.nonblock = false;
    const reading = codeOf(endpoint.read(new Uint8Array(SIZE)));
    endpoint.close();
    return reading;
  },
};

const open = (): number => readdirSync('/proc/self/fd').length;

const report = new SuiteReport();
let before = 0;
for (const [name, way] of Object.entries(WAYS)) {
  for (const file of ['ep1', 'ep2'] as const) {
    for (const depth of DEPTHS) {
      await report.check(`${name}, ${file}, depth ${depth}`, async () => {
        await round(way, file, depth);
        const left = [
          ...readdirSync('/sys/kernel/config/usb_gadget'),
          ...readdirSync('/run/gadgetloom/ffs'),
          ...readdirSync('/run/gadgetloom/gadgets'),
        ];
        if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
        // Node opens a few descriptors of its own when the first program is started.
        before ||= open();
        if (open() > before) throw new Error(`${open() - before} descriptors more than before`);
      });
    }
  }
}
for (const [name, waiting] of Object.entries(WAITING))
  await report.check(name, async () => {
    await using scene = await openScene('teardown', values.helper!, 'ep2');
    const code = await waiting({ ...scene, buffers: [] });
    if (code !== name.split(' ')[0]) throw new Error(code);
  });
report.end();
