import type { MockOptions } from '@gadgetloom/backend-mock';
import { MICROSECOND, MILLISECOND, sleep, TraceRecorder } from '@gadgetloom/core';
import { DMA_BUF_MODEL } from '@gadgetloom/dmabuf/model';
import type { FaultOptions, Faults } from '@gadgetloom/udc/faults';
import fc from 'fast-check';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { listen } from '../test/listen.ts';
import { mockStack, pattern } from '../test/mock-stack.ts';
import { BufferPool } from './buffer-pool.ts';
import { receiveFrom } from './receive-from.ts';
import { settled } from './settled.ts';
import { StreamStatistics } from './statistics.ts';
import { transferTo } from './transfer-to.ts';

const SIZE = 2048;

type Trouble = (faults: Faults, where: FaultOptions) => void;
const troubles: Readonly<Record<string, Trouble>> = {
  nak: (faults, where) => faults.nak(where),
  stall: (faults, where) => faults.stall(where),
  babble: (faults, where) => faults.babble(where),
  late: (faults, where) => faults.lateInterrupt({ ...where, by: 300 * MICROSECOND }),
  lose: (faults, where) => faults.loseEvent(where),
  fail: (faults, where) => faults.fail(where),
  refuse: (faults, where) => faults.refuse(where),
  unplug: (faults, { after }) => faults.disconnectAfter(after ?? { packets: 3 }),
  'out of memory': (faults) => faults.outOfMemory({ at: 'attach', after: { calls: 2 } }),
};

const story = fc.record({
  scatterGather: fc.boolean(),
  layout: fc.constantFrom('contiguous' as const, 'scattered' as const),
  seed: fc.nat(1000),
  depth: fc.integer({ min: 1, max: 3 }),
  onDisable: fc.constantFrom('drop' as const, 'replay' as const, 'fail' as const),
  troubles: fc.array(
    fc.record({
      kind: fc.constantFrom(...Object.keys(troubles)),
      where: fc.record(
        {
          endpoint: fc.constantFrom('in' as const, 'out' as const),
          after: fc.oneof(
            fc.record({ packets: fc.nat(20) }),
            fc.record({ transfers: fc.nat(6) }),
            fc.record({ microframes: fc.nat(40) }),
          ),
          times: fc.integer({ min: 1, max: 3 }),
        },
        { requiredKeys: [] },
      ),
    }),
    { maxLength: 4 },
  ),
  rounds: fc.integer({ min: 1, max: 6 }),
  unsubscribe: fc.option(fc.nat(5)),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

type Device = Awaited<ReturnType<typeof mockStack>>['host'];

/** The host reads and writes once. What it gets is its own affair. */
async function converse(device: Device, numbers: { in: number; out: number }, seed: number): Promise<void> {
  await device.open().catch(() => undefined);
  await device.claimInterface(0).catch(() => undefined);
  await Promise.allSettled([device.transferIn(numbers.in, SIZE), device.transferOut(numbers.out, pattern(SIZE, seed))]);
}

/** Streams both ways under faults, then closes everything. Returns the completions and the resources that are left. */
async function live({ scatterGather, layout, seed, depth, onDisable, rounds, ...rest }: Story) {
  const trace = new TraceRecorder();
  const options: MockOptions = { scatterGather, layout, seed };
  const { stack, source, sink, clock, numbers } = await mockStack(options, trace);
  const pools = [stack.allocate({ count: 4, size: SIZE }), stack.allocate({ count: 4, size: SIZE })] as const;
  const [sending, receiving] = [new BufferPool(pools[0]), new BufferPool(pools[1])];
  const counts = [new StreamStatistics(), new StreamStatistics()] as const;
  const common = { clock, trace, depth, onDisable, scatterGather };
  for (const { kind, where } of rest.troubles) troubles[kind]!(stack.faults, where);
  const given = Array.from({ length: sending.count }, () => sending.tryAcquire()!);
  const sent = listen(transferTo(source, { ...common, statistics: counts[0], returnTo: sending })(from(given)));
  const received = listen(receiveFrom(sink, receiving, { ...common, statistics: counts[1] }));
  for (let round = 0; round < rounds; round++) {
    if (round === rest.unsubscribe) sent.subscription.unsubscribe();
    const talk = converse(await stack.host(), numbers, round);
    await Promise.race([talk, sleep(clock, 20 * MILLISECOND)]);
    for (const one of received.heard.splice(0)) one.release();
    // Ends what the host may still wait for: WebUSB knows no timeouts.
    stack.faults.disconnect();
    await talk;
    stack.faults.reconnect();
  }
  sent.subscription.unsubscribe();
  received.subscription.unsubscribe();
  await Promise.all([settled(source), settled(sink)]);
  for (const one of received.heard) one.release();
  const model = stack.resolve(DMA_BUF_MODEL);
  await stack.close();
  return { trace: trace.events, given, sent, sending, receiving, counts, model };
}

describe('under any faults, on the mock backend', () => {
  it('every transfer completes once, every buffer comes back, and nothing is left open', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { sent, given, sending, receiving, counts, model } = await live(told);
        expect(sent.heard.map(({ sequence }) => sequence)).toEqual(sent.heard.map((_, at) => at));
        expect(sent.heard.length).toBeLessThanOrEqual(given.length);
        expect([sending.report().held, receiving.report().held]).toEqual([[], []]);
        expect(counts.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
        expect(model.statistics().buffers).toEqual([]);
        expect(model.files.count).toBe(0);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it('the same seed gives the same trace', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const [first, second] = [await live(told), await live(told)];
        expect(second.trace).toEqual(first.trace);
        expect(first.trace.length).toBeGreaterThan(50);
      }),
      { seed: 6, numRuns: 15 },
    );
  });
});
