#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { linux } from '@gadgetloom/backend-linux';
import { isKernelError } from '@gadgetloom/core';
import { bulk, composeStack, defineFunction, defineGadget } from '@gadgetloom/gadget';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite } from '../shared/guest-suite.ts';
import { expectNothingLeft, settledInventory } from '../shared/inventory.ts';

const { report } = guestSuite({
  help: `functions

Runs a function of \`defineFunction\` on the kernel that this runs on, as root, and is its host: control requests, sessions,
halts, aborts and reconfiguration at every moment.`,
});

const ROUNDS = 20;
/** Bytes that do not fit into the FIFO of dummy_hcd, which takes up to 64 at once (dummy_hcd.c, FIFO_SIZE). */
const LONG = 100;

/** Sends each command back. Counts its sessions, and tells what its calls were told. */
const echo = defineFunction({
  kind: 'echo',
  describe: () => ({ class: 0xff, endpoints: { commands: bulk.out(), replies: bulk.in() } }),
  start(fn) {
    let kept: Uint8Array = new Uint8Array();
    let sessions = 0;
    fn.onRequest({ type: 'vendor', request: 1, direction: 'in' }, () => kept);
    fn.onRequest({ type: 'vendor', request: 1, direction: 'out' }, async (request) => {
      kept = (await request.data()).slice();
    });
    fn.onRequest({ type: 'vendor', recipient: 'device', request: 2 }, () => Uint8Array.of(sessions));
    fn.onRequest({ type: 'vendor', request: 3, direction: 'in' }, async () => {
      await fn.endpoint('commands').halt();
      return Uint8Array.of(3);
    });
    fn.whileEnabled(async (session) => {
      sessions++;
      for await (const command of session.transfers('commands')) await session.send('replies', command, { end: true });
    });
    return {
      sessions: () => sessions,
      endpoint: { commands: fn.endpoint('commands'), replies: fn.endpoint('replies') },
    };
  },
});

const gadget = defineGadget({ vendorId: 0x1d6b, productId: 0x0104, functions: { left: echo(), right: echo() } });

async function rig() {
  const errors: unknown[] = [];
  const stack = await composeStack({
    gadget,
    backends: [linux({ virtual: true })],
    onError: (error) => errors.push(error),
  });
  const usb = await stack.host();
  await usb.open();
  const claim = async () => {
    for (const number of [0, 1]) await usb.claimInterface(number);
    await stack.enabled();
  };
  await claim();
  const address = (name: 'left' | 'right', end: 'commands' | 'replies'): number =>
    (stack.endpoint(`${name}.${end}`).address ?? 0) & 0x7f;
  const ask = async (name: 'left' | 'right', ...bytes: number[]): Promise<string> => {
    await usb.transferOut(address(name, 'commands'), Uint8Array.from(bytes));
    const { data, status } = await usb.transferIn(address(name, 'replies'), 512);
    return `${status} ${data === undefined ? '' : [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]}`;
  };
  return { stack, usb, errors, claim, address, ask };
}
type Rig = Awaited<ReturnType<typeof rig>>;

const CHECKS: Readonly<Record<string, (rig: Rig) => Promise<void>>> = {
  async 'answers commands under each of its names'({ ask }) {
    expectEqual([await ask('left', 1, 2), await ask('right', 3)], ['ok 1,2', 'ok 3'], 'answers');
  },
  async 'answers requests to its interface, and to the device'({ usb, stack }) {
    const setup = { requestType: 'vendor', recipient: 'interface', request: 1, value: 0 } as const;
    await usb.controlTransferOut({ ...setup, index: 1 }, Uint8Array.of(7, 8));
    const right = await usb.controlTransferIn({ ...setup, index: 1 }, 8);
    const left = await usb.controlTransferIn({ ...setup, index: 0 }, 8);
    expectEqual([right.data?.byteLength, left.data?.byteLength], [2, 0], 'bytes kept');
    const counted = await usb.controlTransferIn({ ...setup, recipient: 'device', request: 2, index: 0 }, 8);
    expectEqual(counted.data?.getUint8(0), stack.function('left').sessions(), 'sessions');
    expectEqual((await usb.controlTransferIn({ ...setup, request: 9, index: 0 }, 8)).status, 'stall', 'request 9');
  },
  async 'ends a whole packet with one of zero length'({ ask, usb, address }) {
    await usb.transferOut(address('left', 'commands'), new Uint8Array(512));
    await usb.transferOut(address('left', 'commands'), new Uint8Array(0));
    const { data } = await usb.transferIn(address('left', 'replies'), 4096);
    expectEqual([data?.byteLength, await ask('left', 5)], [512, 'ok 5'], 'answers');
  },
  async 'halts an endpoint that waits for a command'({ stack, usb, ask, address }) {
    for (let round = 0; round < ROUNDS; round++) {
      const halting = stack.function('left').endpoint.commands.halt();
      if (round % 2 === 0) await halting;
      await halting;
      expectEqual((await usb.transferOut(address('left', 'commands'), Uint8Array.of(1))).status, 'stall', 'it is');
      await usb.clearHalt('out', address('left', 'commands'));
      expectEqual(await ask('left', round), `ok ${round}`, 'after the halt');
    }
  },
  async 'halts an endpoint out of a handler of a request'({ usb, ask, address }) {
    const setup = { requestType: 'vendor', recipient: 'interface', request: 3, value: 0, index: 0 } as const;
    expectEqual((await usb.controlTransferIn(setup, 8)).data?.getUint8(0), 3, 'answer');
    expectEqual((await usb.transferOut(address('left', 'commands'), Uint8Array.of(1))).status, 'stall', 'it is');
    await usb.clearHalt('out', address('left', 'commands'));
    expectEqual(await ask('left', 4), 'ok 4', 'after the halt');
  },
  async 'halts an endpoint whose data nobody takes, and sends it after the halt'({ stack, usb, address }) {
    const { replies } = stack.function('right').endpoint;
    const sending = replies.send(new Uint8Array(LONG).fill(9));
    await pause(20);
    await replies.halt();
    expectEqual((await usb.transferIn(address('right', 'replies'), 512)).status, 'stall', 'it is');
    await usb.clearHalt('in', address('right', 'replies'));
    expectEqual((await usb.transferIn(address('right', 'replies'), 512)).data?.getUint8(0), 9, 'data');
    await sending;
  },
  async 'sends what comes after sends that were aborted, and nothing of these'({ stack, usb, claim, address }) {
    const { replies } = stack.function('left').endpoint;
    for (let round = 0; round < ROUNDS; round++) {
      const abort = new AbortController();
      const sent = replies.send(new Uint8Array(LONG).fill(1), { signal: abort.signal }).catch(() => 'aborted');
      if (round % 2 === 0) await pause(2);
      abort.abort();
      expectEqual(await sent, 'aborted', 'the call was');
    }
    await claim();
    const next = replies.send(Uint8Array.of(2));
    expectEqual((await usb.transferIn(address('left', 'replies'), 512)).data?.getUint8(0), 2, 'data');
    await next;
  },
  async 'goes on after SET_INTERFACE, SET_CONFIGURATION and a reset, each at once and after a while'(rig) {
    const { stack, usb, ask, claim, errors } = rig;
    const host = await stack.hostDevice();
    for (let round = 0; round < ROUNDS; round++) {
      const before = stack.function('left').sessions();
      if (round % 4 === 0) await usb.selectAlternateInterface(0, 0);
      else if (round % 4 === 1) await usb.selectConfiguration(1);
      else if (round % 4 === 2) await usb.reset();
      else for (const value of [0, 1]) await host.setConfiguration(value);
      if (round % 8 < 4) await pause(20);
      if (usb.configuration === null) await usb.selectConfiguration(1);
      await claim();
      expectEqual(await ask('left', round), `ok ${round}`, `round ${round}`);
      expectEqual(await ask('right', round), `ok ${round}`, `round ${round}`);
      expect(stack.function('left').sessions() > before, `round ${round} began no session`);
    }
    expectEqual(errors.map(String), [], 'errors');
  },
  async 'refuses to halt while no host has enabled it'({ stack, claim, usb }) {
    await (await stack.hostDevice()).setConfiguration(0);
    await pause(20);
    const refusal = await stack
      .function('left')
      .endpoint.commands.halt()
      .catch((error: unknown) => error);
    expectEqual(isKernelError(refusal) && refusal.code, 'EAGAIN', 'halt failed with');
    await (await stack.hostDevice()).setConfiguration(1);
    if (usb.configuration === null) await usb.selectConfiguration(1);
    await claim();
  },
};

try {
  // What the process opens once, and keeps, is there before anything is counted; a report opens the terminal.
  await report.check('a stack closes at once', async () => (await rig()).stack.close());
  const before = await settledInventory();
  const here = await rig();
  for (const [what, check] of Object.entries(CHECKS)) await report.check(`a function ${what}`, () => check(here));
  await report.check('a function tells no error that is not its own', () => {
    expectEqual(here.errors.map(String), [], 'errors');
  });
  await report.check('a stack closes while its functions wait', () => here.stack.close());
  await report.check('nothing is left of all this', () => expectNothingLeft(before));
} catch (error) {
  report.failed('the suite', error);
}
report.end();
