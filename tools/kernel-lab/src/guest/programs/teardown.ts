#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { type ErrnoCode, isKernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { Completions } from '../shared/completions.ts';
import { expect, expectEqual } from '../shared/expect.ts';
import { type FfsScene, openScene } from '../shared/ffs-scene.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';

const SIZE = 65536;
const DEPTHS = [1, 2, 4, 8];

const { values, report } = guestSuite({
  help: `teardown --helper PROGRAM

Ends transfers in every way, on the kernel that this runs on, as root: each must complete exactly once, and nothing may
be left behind.`,
  options: { helper: NEEDED },
});

/** What is there to end. */
interface Scene extends FfsScene {
  readonly buffers: readonly DmaBuf[];
}

interface Way {
  readonly status: ErrnoCode;
  readonly end: (scene: Scene) => Promise<void> | void;
}

/** How transfers come to an end, and what they then report. */
const WAYS: Readonly<Record<string, Way>> = {
  detach: {
    status: 'ECONNRESET',
    end: ({ endpoint, buffers }) => buffers.forEach((buffer) => void endpoint.detach(buffer)),
  },
  close: { status: 'ECONNRESET', end: ({ endpoint }) => endpoint.close() },
  'close of the buffers': {
    status: 'ECONNRESET',
    end: ({ endpoint, buffers }) => {
      for (const buffer of buffers) buffer.close();
      endpoint.close();
    },
  },
  disable: { status: 'ESHUTDOWN', end: ({ host }) => host.setConfiguration(0) },
  unbind: { status: 'ESHUTDOWN', end: ({ gadget }) => gadget.unbind() },
  reset: { status: 'ESHUTDOWN', end: ({ host }) => host.reset() },
  disconnect: { status: 'ESHUTDOWN', end: ({ controller }) => controller.disconnect() },
};

async function round({ status, end }: Way, file: 'ep1' | 'ep2', depth: number): Promise<void> {
  await using scene = await openScene('teardown', values.helper, file);
  const { clock, endpoint, exporter } = scene;
  const buffers = Array.from({ length: depth }, () => exporter.allocate({ size: SIZE }));
  const completions = new Completions();
  for (const buffer of buffers) {
    endpoint.attach(buffer);
    completions.add(endpoint.transfer(buffer, SIZE));
  }
  await end({ ...scene, buffers });
  const ends = await completions.ends(5 * SECOND);
  await sleep(clock, 20 * MILLISECOND);
  for (const buffer of buffers) buffer.close();
  expectEqual(
    ends,
    ends.map(() => status),
  );
  completions.expectOnce();
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
        expectEqual(left, [], 'left behind');
        // Node opens a few descriptors of its own when the first program is started.
        before ||= open();
        expect(open() <= before, `${open() - before} descriptors more than before`);
      });
    }
  }
}
for (const [name, waiting] of Object.entries(WAITING))
  await report.check(name, async () => {
    await using scene = await openScene('teardown', values.helper, 'ep2');
    const code = await waiting({ ...scene, buffers: [] });
    expectEqual(code, name.split(' ')[0]);
  });
report.end();
