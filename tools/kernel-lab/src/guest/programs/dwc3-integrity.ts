#!/usr/bin/env node
import type { DmaFence } from '@gadgetloom/dmabuf';
import { bulk, defineGadget } from '@gadgetloom/gadget';
import { differenceOf, SeededTraffic } from '../../dwc3/seeded-traffic.ts';
import { dwc3Suite, host, openOnDwc3 } from '../shared/dwc3-suite.ts';
import { expect } from '../shared/expect.ts';

/** Milliseconds for all transfers of a direction; an idle machine takes 10 seconds. */
const PATIENCE = 300_000;
const { values, suite } = dwc3Suite({
  help: `dwc3-integrity [--transfers N] [--seed N] [--depth N]

Moves N transfers of 1 byte to 1 MiB through Linux's dwc3 driver, half of them each way, in buffers whose pages lie anywhere,
and compares every byte.`,
  options: { transfers: 10000, seed: 1, depth: 4 },
  patience: PATIENCE,
});

const MEBIBYTE = 2 ** 20;
const [each, seed, depth] = [values.transfers / 2, values.seed, values.depth];

const gadget = defineGadget({
  name: 'integrity',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});

await using stack = await openOnDwc3(gadget, { heap: 'udmabuf' });
const { endpoints } = await host.device();
await stack.enabled();
const [up, down] = endpoints.map(({ address }) => address) as [number, number];

interface UnderWay {
  readonly fence: DmaFence;
  readonly bytes: Uint8Array;
  readonly slot: number;
  readonly index: number;
}

/**
 * Keeps transfers under way, `depth` at a time.
 *
 * @param before done with a buffer before its transfer
 * @param after done with it afterwards; gives what is wrong
 */
async function keepMoving(
  name: 'stream.up' | 'stream.down',
  before: (buffer: Uint8Array, bytes: Uint8Array) => void,
  after: (buffer: Uint8Array, bytes: Uint8Array) => string | undefined,
): Promise<void> {
  const endpoint = stack.endpoint(name);
  await using set = stack.allocate({ count: depth, size: MEBIBYTE });
  const buffers = [...set];
  for (const buffer of buffers) endpoint.attach(buffer);
  const queue: UnderWay[] = [];
  const finish = async (): Promise<void> => {
    const { fence, bytes, slot, index } = queue.shift()!;
    const status = await fence.wait();
    const wrong = status === 1 ? after(buffers[slot]!.bytes(), bytes) : `status ${status}`;
    expect(wrong === undefined, `transfer ${index}: ${wrong}`);
  };
  let index = 0;
  for (const bytes of new SeededTraffic(seed, each)) {
    if (queue.length === depth) await finish();
    const slot = index % depth;
    before(buffers[slot]!.bytes(), bytes);
    queue.push({ fence: endpoint.transfer(buffers[slot]!, bytes.length), bytes, slot, index: index++ });
  }
  while (queue.length > 0) await finish();
}

await suite.check(`${each} transfers to the host, every byte`, async () => {
  const receiving = host.receiveTraffic(up, seed, each);
  const sending = keepMoving(
    'stream.up',
    (buffer, bytes) => buffer.set(bytes),
    () => undefined,
  );
  const [moved] = await Promise.all([receiving, sending]);
  console.log(`${moved} bytes`);
});

await suite.check(`${each} transfers from the host, every byte`, async () => {
  const receiving = keepMoving(
    'stream.down',
    (buffer, bytes) => buffer.fill(0, 0, bytes.length),
    (buffer, bytes) => differenceOf(buffer.subarray(0, bytes.length), bytes),
  );
  await Promise.all([host.sendTraffic(down, seed, each), receiving]);
});

suite.end();
