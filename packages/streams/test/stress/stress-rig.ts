import { deepEqual, equal, ok } from 'node:assert/strict';
import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { isKernelError, MICROSECOND, MILLISECOND, type Plugin, sleep } from '@gadgetloom/core';
import { DMA_BUF_MODEL } from '@gadgetloom/dmabuf/model';
import { bulk, composeStack, defineGadget, type Stack } from '@gadgetloom/gadget';
import { settled } from '../../src/index.ts';
import { StressHost } from './stress-host.ts';
import { Intended, Receiver, Sender, type StreamPlan } from './stress-stream.ts';
import { placeOf, transferOf } from './words.ts';

/** The backends, and both paths: mock and DWC3 scatter and gather, the others copy. */
export const BACKENDS: Readonly<Record<string, () => Plugin>> = {
  mock: () => mock(),
  'mock:scatterGather=false': () => mock({ scatterGather: false }),
  dwc3: () => dwc3(),
  musb: () => musb(),
};

/**
 * Transfers that are ok although the host has not read them yet. A MUSB completes a transfer when its last packet is in
 * the FIFO, which has room for two. The mock controller, like dummy_hcd, completes a request of up to 64 bytes when it
 * is in the FIFO, which has room for one (dummy_hcd.c, dummy_queue).
 */
const IN_FIFO: Readonly<Record<string, number>> = { musb: 2, 'mock:scatterGather=false': 1 };

/** Options of a round. */
export interface RoundPlan {
  readonly backend: string;
  readonly senders: readonly StreamPlan[];
  readonly receivers: readonly StreamPlan[];
  /** The stack is closed with everything under way, instead of after it. */
  readonly closesAtOnce: boolean;
}

/** An event, and the stream that it happens to. */
export interface Step {
  readonly kind: keyof typeof STEPS;
  readonly which: number;
  readonly size: number;
}

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { loop: { class: 0xff, endpoints: { source: bulk.in(), sink: bulk.out() } } },
});

/** Weights of the events. */
export const WEIGHTS: { readonly [K in keyof typeof STEPS]: number } = {
  emit: 14,
  hostReads: 8,
  hostWrites: 8,
  release: 10,
  wait: 4,
  subscribe: 3,
  unsubscribe: 2,
  again: 2,
  complete: 1,
  fail: 1,
  disconnect: 1,
  reset: 1,
  reconfigure: 1,
  rebind: 1,
  haltIn: 1,
  haltOut: 1,
};

/** The actions of all events. */
const STEPS = {
  emit: ({ senders, nextNumber }: StressRig, { which, size }: Step) =>
    pick(senders, which).emit(nextNumber(), 4 * size),
  hostReads: ({ host }: StressRig, { size }: Step) => host.reads(1 + (size % 12)),
  hostWrites: ({ host }: StressRig, { size }: Step) => host.writes(4 * size),
  release: ({ receivers }: StressRig, { which }: Step) => pick(receivers, which).release(),
  wait: ({ stack }: StressRig, { size }: Step) => sleep(stack.clock, size * MICROSECOND),
  subscribe: ({ streams }: StressRig, { which }: Step) => pick(streams, which).subscribe(),
  unsubscribe: ({ streams }: StressRig, { which }: Step) => pick(streams, which).unsubscribe(),
  again: ({ streams }: StressRig, { which }: Step) => pick(streams, which).again.next(),
  complete: ({ senders }: StressRig, { which }: Step) => pick(senders, which).source.complete(),
  fail: ({ senders }: StressRig, { which }: Step) =>
    pick(senders, which).source.error(new Intended('the source fails')),
  disconnect: async (rig: StressRig) => {
    rig.disturbed = true;
    rig.stack.faults.disconnect();
    await sleep(rig.stack.clock, MILLISECOND);
    rig.stack.faults.reconnect();
    await rig.untilConfigured();
  },
  reset: (rig: StressRig) => rig.disturb(() => rig.host.device?.reset()),
  reconfigure: (rig: StressRig) =>
    rig.disturb(async () => {
      const { device } = rig.host;
      await device?.setConfiguration(0);
      await device?.setConfiguration(1);
    }),
  rebind: (rig: StressRig) =>
    rig.disturb(async () => {
      await rig.stack.usbGadget.unbind();
      await sleep(rig.stack.clock, MILLISECOND);
      await rig.stack.usbGadget.bind();
      await rig.untilConfigured();
    }),
  haltIn: (rig: StressRig) => rig.halts('in', () => rig.stack.endpoint('loop.source').read(new Uint8Array(4))),
  haltOut: (rig: StressRig) => rig.halts('out', () => rig.stack.endpoint('loop.sink').write(new Uint8Array(4))),
};

const pick = <T>(all: readonly T[], which: number): T => all[which % all.length]!;

/** A stack with streams and a host, and what has to hold for them. */
export class StressRig {
  readonly plan: RoundPlan;
  readonly stack: Stack<typeof gadget>;
  readonly host: StressHost;
  readonly senders: readonly Sender[];
  readonly receivers: readonly Receiver[];
  /** Something happened that takes transfers away. */
  disturbed = false;
  #numbers = 0;
  readonly nextNumber = (): number => ++this.#numbers;

  private constructor(plan: RoundPlan, stack: Stack<typeof gadget>) {
    this.plan = plan;
    this.stack = stack;
    this.host = new StressHost(stack);
    const { nextNumber } = this;
    const shared = { exporter: stack.exporter, clock: stack.clock, nextNumber };
    const [source, sink] = [stack.endpoint('loop.source'), stack.endpoint('loop.sink')];
    this.senders = plan.senders.map((each) => new Sender({ ...shared, endpoint: source, plan: each }));
    this.receivers = plan.receivers.map((each) => new Receiver({ ...shared, endpoint: sink, plan: each }));
  }

  static async open(plan: RoundPlan): Promise<StressRig> {
    const stack = await composeStack({ gadget, backends: [BACKENDS[plan.backend]!()] });
    await stack.hostDevice();
    const rig = new StressRig(plan, stack);
    for (const stream of rig.streams) stream.subscribe();
    return rig;
  }

  get streams(): readonly (Sender | Receiver)[] {
    return [...this.senders, ...this.receivers];
  }

  /** Ignores refusals of the kernel and the host, which do not concern the streams. */
  async step(step: Step): Promise<void> {
    try {
      await STEPS[step.kind](this, step);
    } catch (error) {
      if (!isKernelError(error)) throw error;
    }
    for (const { statistics, plan } of this.streams)
      ok(statistics.inFlight <= 2 * plan.depth, 'more in flight than the depth');
  }

  async disturb(what: () => Promise<void> | undefined): Promise<void> {
    this.disturbed = true;
    await what();
  }

  async halts(direction: 'in' | 'out', wrongWay: () => Promise<number>): Promise<void> {
    this.disturbed = true;
    await wrongWay().catch((error) => {
      if (!isKernelError(error)) throw error;
    });
    const address = this.host.pipe(direction)?.address;
    if (address !== undefined) await this.host.device?.clearHalt(address);
  }

  async untilConfigured(): Promise<void> {
    await this.stack.hostDevice();
  }

  /** Ends everything, and looks at what has to hold whatever happened. */
  async close(): Promise<void> {
    const { stack, streams, plan } = this;
    const model = stack.resolve(DMA_BUF_MODEL);
    if (plan.closesAtOnce) {
      this.disturbed = true;
      await stack.close();
    }
    for (const stream of streams) stream.unsubscribe();
    await Promise.all(stack.endpoints.map((endpoint) => settled(endpoint)));
    for (const receiver of this.receivers) while (receiver.held.length > 0) receiver.release();
    for (const { pool, statistics, mistakes } of streams) {
      deepEqual(mistakes, [], 'errors that nobody meant');
      const { held, waiting } = pool.report();
      deepEqual([held.map(({ holder }) => holder), waiting], [[], 0], 'buffers that did not come back');
      equal(statistics.inFlight, 0);
      pool.close();
    }
    await stack.close();
    deepEqual(model.statistics().buffers, []);
    equal(model.files.count, 0);
    const { clock } = stack;
    const end = clock.now();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    equal(clock.now(), end, 'a timer is left');
    this.#checkBytesSent();
    this.#checkBytesReceived();
  }

  /** Each word that the host read follows the one before it; and what was sent well arrived whole, and once. */
  #checkBytesSent(): void {
    const { read } = this.host;
    const lengths = new Map<number, number>();
    for (const [at, word] of read.entries()) {
      if (placeOf(word) > 0) equal(word, read[at - 1]! + 1, 'a hole in what the host read');
      lengths.set(transferOf(word), 4 * (placeOf(word) + 1));
    }
    const replays = this.senders.some(({ plan }) => plan.onDisable === 'replay');
    const starts = read.filter((word) => placeOf(word) === 0);
    if (!replays) equal(new Set(starts).size, starts.length, 'transfers that came twice');
    const missing: number[] = [];
    for (const { sent } of this.senders) {
      const numbers = [...sent.keys()];
      deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
        'transfers out of order',
      );
      missing.push(...numbers.filter((number) => lengths.get(number) !== sent.get(number)));
    }
    const inFifo = IN_FIFO[this.plan.backend] ?? 0;
    if (!this.disturbed) ok(missing.length <= inFifo, `sent, and never read: ${missing.join()}`);
  }

  /** Each word that a stream received comes after the one before it, and was written. */
  #checkBytesReceived(): void {
    for (const { got } of this.receivers)
      for (let at = 1; at < got.length; at++) ok(got[at]! > got[at - 1]!, 'received twice, or out of order');
  }
}
