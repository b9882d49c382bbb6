#!/usr/bin/env node
import { setTimeout as pause } from 'node:timers/promises';
import { errnoCode, SECOND } from '@gadgetloom/core';
import { bulk, defineGadget } from '@gadgetloom/gadget';
import type { TransferReport } from '../../dwc3/outside/bus-host.ts';
import { dwc3Suite, host, openOnDwc3 } from '../shared/dwc3-suite.ts';
import { expectEqual } from '../shared/expect.ts';

const { suite } = dwc3Suite({
  help: `dwc3-endings

Ends transfers on Linux's dwc3 driver in every way while they are under way: each completes once, nothing is warned of, and
data moves again afterwards.`,
});

const LENGTH = 65_536;
const DEPTH = 4;
const PATIENCE = 10 * SECOND;
const TOWARDS = { up: 'to', down: 'from' } as const;

const gadget = defineGadget({
  name: 'endings',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});
type Opened = Awaited<ReturnType<typeof open>>;

async function open() {
  const stack = await openOnDwc3(gadget);
  const { endpoints } = await host.device();
  await stack.enabled();
  const [up, down] = endpoints.map(({ address }) => address) as [number, number];
  return { stack, up, down, [Symbol.asyncDispose]: () => stack.close() };
}

/** A transfer each way, with the bytes compared. */
async function moves({ stack, up, down }: Opened): Promise<void> {
  const data = Uint8Array.from({ length: 3000 }, (_, at) => at * 7);
  const [written, got] = await Promise.all([stack.endpoint('stream.up').write(data), host.receive(up, 3000, 5000)]);
  expectEqual([written, got.status, Buffer.compare(got.data, data)], [3000, '0', 0]);
  const into = new Uint8Array(4096);
  const [read, sent] = await Promise.all([stack.endpoint('stream.down').read(into), host.send(down, data, 5000)]);
  expectEqual([read, sent.status, Buffer.compare(into.subarray(0, read), data)], [3000, '0', 0]);
}

/** The host moves half of a transfer. */
function half({ up, down }: Opened, way: 'up' | 'down'): Promise<TransferReport> {
  return way === 'up' ? host.receive(up, LENGTH / 2, 5000) : host.send(down, new Uint8Array(LENGTH / 2), 5000);
}

interface Ending {
  readonly name: string;
  /** What ends the transfers. */
  readonly end: (opened: Opened) => Promise<void>;
  /** How they may end. */
  readonly codes: readonly string[];
  /** Puts things right again. */
  readonly mend?: (opened: Opened) => Promise<void>;
}

const ENDINGS: readonly Ending[] = [
  {
    name: 'unbind',
    end: ({ stack }) => stack.usbGadget.unbind(),
    codes: ['ESHUTDOWN'],
    mend: ({ stack }) => stack.usbGadget.bind(),
  },
  { name: 'a bus reset', end: () => host.reset(), codes: ['ESHUTDOWN', 'ECONNRESET'] },
  { name: 'SET_CONFIGURATION', end: () => host.setConfiguration(1), codes: ['ESHUTDOWN', 'ECONNRESET'] },
  { name: 'the cable', end: () => host.unplug(), codes: ['ESHUTDOWN', 'ECONNRESET'], mend: () => host.plug() },
  {
    name: 'disconnect',
    end: ({ stack }) => stack.controller.disconnect(),
    codes: ['ESHUTDOWN', 'ECONNRESET'],
    mend: ({ stack }) => stack.controller.connect(),
  },
];

for (const { name, end, codes, mend } of ENDINGS)
  for (const way of ['up', 'down'] as const)
    await suite.check(`${name} ends transfers ${TOWARDS[way]} the host`, async () => {
      await using opened = await open();
      const endpoint = opened.stack.endpoint(`stream.${way}`);
      await using buffers = opened.stack.allocate({ count: DEPTH, size: LENGTH });
      for (const buffer of buffers) endpoint.attach(buffer);
      const fences = [...buffers].map((buffer) => endpoint.transfer(buffer, LENGTH));
      // The first is half done.
      expectEqual((await half(opened, way)).actual, LENGTH / 2);
      await end(opened);
      const statuses = await Promise.all(fences.map((fence) => fence.wait(PATIENCE)));
      const wrong = statuses.map(errnoCode).filter((code) => !codes.includes(code));
      expectEqual(wrong, [], 'transfers ended otherwise');
      await mend?.(opened);
      await host.device();
      await opened.stack.enabled();
      await moves(opened);
    });

await suite.check('a buffer that is detached ends its transfer', async () => {
  await using opened = await open();
  for (const way of ['up', 'down'] as const) {
    const endpoint = opened.stack.endpoint(`stream.${way}`);
    await using buffers = opened.stack.allocate({ count: 1, size: LENGTH });
    const [buffer] = [...buffers];
    endpoint.attach(buffer!);
    const fence = endpoint.transfer(buffer!, LENGTH);
    endpoint.detach(buffer!);
    expectEqual(errnoCode(await fence.wait(PATIENCE)), 'ECONNRESET');
  }
  await moves(opened);
});

for (const way of ['up', 'down'] as const)
  await suite.check(
    `a bus that is suspended during a transfer ${TOWARDS[way]} the host sleeps, and goes on`,
    async () => {
      await using opened = await open();
      const events: string[] = [];
      opened.stack.onEvent(({ type }) => {
        // A listener is told first that the function is enabled.
        if (type !== 'ENABLE') events.push(type);
      });
      const endpoint = opened.stack.endpoint(`stream.${way}`);
      await using buffers = opened.stack.allocate({ count: 1, size: LENGTH });
      const [buffer] = [...buffers];
      endpoint.attach(buffer!);
      const fence = endpoint.transfer(buffer!, LENGTH);
      expectEqual((await half(opened, way)).actual, LENGTH / 2);
      await host.suspend();
      await pause(50);
      expectEqual([events, fence.status], [['SUSPEND'], 0]);
      await host.resume();
      expectEqual((await half(opened, way)).actual, LENGTH / 2);
      expectEqual(await fence.wait(PATIENCE), 1);
      expectEqual(events, ['SUSPEND', 'RESUME']);
      await moves(opened);
    },
  );

suite.end();
