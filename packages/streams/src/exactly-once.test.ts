import { type ErrnoCode, VirtualClock } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type FakeBuffer, fakeBuffers } from '../test/fake-buffer.ts';
import { FakeEndpoint } from '../test/fake-endpoint.ts';
import { listen } from '../test/listen.ts';
import { BufferPool } from './buffer-pool.ts';
import type { TransferCompletion } from './completion.ts';
import { receiveFrom } from './receive-from.ts';
import type { ReceivedTransfer } from './received.ts';
import { settled } from './settled.ts';
import { StreamStatistics } from './statistics.ts';
import { transferTo } from './transfer-to.ts';

// rxjs reports a subscriber that throws from a timer, where nobody could catch it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

const settings = fc.record({
  depth: fc.integer({ min: 1, max: 4 }),
  onDisable: fc.constantFrom('drop' as const, 'replay' as const, 'fail' as const),
  backPressure: fc.constantFrom('block' as const, 'drop-oldest' as const, 'drop-newest' as const),
  scatterGather: fc.boolean(),
  batched: fc.boolean(),
  throws: fc.boolean(),
});

/** What can happen to an endpoint, in any order. */
const events = {
  complete: (endpoint: FakeEndpoint) => complete(endpoint),
  fail: (endpoint: FakeEndpoint) => complete(endpoint, 'EPROTO'),
  disable: (endpoint: FakeEndpoint) => endpoint.disable(),
  unbind: (endpoint: FakeEndpoint) => endpoint.unbind(),
  enable: (endpoint: FakeEndpoint) => endpoint.enable(),
  refuse: (endpoint: FakeEndpoint) => endpoint.scatterGather && endpoint.refuse('transfer', 'ENOMEM'),
  detachedByOthers: (endpoint: FakeEndpoint) =>
    endpoint.bound && endpoint.attached[0] && endpoint.detach(endpoint.attached[0]),
};

function complete(endpoint: FakeEndpoint, code?: ErrnoCode): void {
  if (endpoint.pending.length > 0) endpoint.complete(code);
  else if (endpoint.copies.length > 0) endpoint.completeCopy(undefined, code);
}

/** Lets everything that still can complete do so. */
async function quiesce(endpoint: FakeEndpoint, clock: VirtualClock): Promise<void> {
  endpoint.enable();
  for (let quiet = 0; quiet < 3; quiet++) {
    await clock.advance(1_000_000_000);
    if (endpoint.pending.length + endpoint.copies.length > 0) quiet = 0;
    complete(endpoint);
  }
}

function expectNothingLeft(endpoint: FakeEndpoint, statistics: StreamStatistics): void {
  // While the gadget is unbound nothing can be detached: it goes with the endpoint file.
  if (endpoint.crashes === 0) expect(endpoint.attached).toEqual([]);
  expect(endpoint.pending).toEqual([]);
  expect(endpoint.copies).toEqual([]);
  expect(statistics.inFlight).toBe(0);
}

it('every buffer that is sent comes back once, and the stream ends once, whatever happens in whatever order', async () => {
  const steps = fc.constantFrom(
    ...(Object.keys(events) as (keyof typeof events)[]),
    ...(['emit', 'emit', 'emit', 'idle', 'unsubscribe', 'sourceError', 'sourceComplete'] as const),
  );
  await fc.assert(
    fc.asyncProperty(settings, fc.array(steps, { maxLength: 40 }), async (options, script) => {
      const { throws, batched, ...rest } = options;
      const clock = new VirtualClock({ auto: false });
      const endpoint = new FakeEndpoint();
      endpoint.scatterGather = options.scatterGather;
      const statistics = new StreamStatistics();
      const free = fakeBuffers(8);
      let returned = 0;
      const returnTo = {
        release: (buffer: DmaBuf) => {
          returned++;
          free.push(buffer as FakeBuffer);
        },
      };
      const source = new Subject<FakeBuffer>();
      const through = transferTo(endpoint, { ...rest, batched: batched as true, clock, statistics, returnTo });
      const heard: TransferCompletion[] = [];
      const ends: string[] = [];
      const subscription = through(source).subscribe({
        next: (batch) => {
          heard.push(...[batch].flat());
          if (throws) throw new Error('a defect');
        },
        error: () => ends.push('error'),
        complete: () => ends.push('complete'),
      });

      let emitted = 0;
      for (const step of script) {
        if (step === 'idle') await clock.advance(0);
        else if (step === 'unsubscribe') subscription.unsubscribe();
        else if (step === 'sourceError') source.error(new Error('the source failed'));
        else if (step === 'sourceComplete') source.complete();
        else if (step === 'emit') {
          const buffer = source.observed ? free.shift() : undefined;
          if (buffer === undefined) continue;
          emitted++;
          source.next(buffer);
        } else events[step](endpoint);
      }
      const left = subscription.closed && ends.length === 0;
      if (!left) source.complete();
      await quiesce(endpoint, clock);
      await settled(endpoint);

      expectNothingLeft(endpoint, statistics);
      expect(returned).toBe(emitted);
      expect(ends.length).toBe(left ? 0 : 1);
      expect(heard.map(({ sequence }) => sequence)).toEqual(heard.map((_, index) => index));
      if (!left) expect(heard.length + statistics.dropped).toBe(emitted);
      if (options.onDisable === 'replay') expect(heard.map(({ status }) => status)).not.toContain('ESHUTDOWN');
    }),
    { seed: 2, numRuns: 400 },
  );
});

it('every buffer that receives comes back once, and the stream ends once, whatever happens in whatever order', async () => {
  const steps = fc.constantFrom(
    ...(Object.keys(events) as (keyof typeof events)[]),
    ...(['complete', 'complete', 'idle', 'idle', 'release', 'release', 'unsubscribe', 'close'] as const),
  );
  const more = fc.record({ window: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 1, max: 6 }) });
  await fc.assert(
    fc.asyncProperty(settings, more, fc.array(steps, { maxLength: 40 }), async (options, extra, script) => {
      const { throws, batched, ...rest } = options;
      const clock = new VirtualClock({ auto: false });
      const endpoint = new FakeEndpoint('out');
      endpoint.scatterGather = options.scatterGather;
      const statistics = new StreamStatistics();
      const pool = new BufferPool(fakeBuffers(extra.count));
      const length = (sequence: number) => (sequence < 20 ? 512 : 0);
      const streamOptions = { ...rest, window: extra.window, length, batched: batched as true, clock, statistics };
      const heard: ReceivedTransfer[] = [];
      const held: ReceivedTransfer[] = [];
      const ends: string[] = [];
      const subscription = receiveFrom(endpoint, pool, streamOptions).subscribe({
        next: (batch) => {
          heard.push(...[batch].flat());
          held.push(...[batch].flat());
          if (throws) throw new Error('a defect');
        },
        error: () => ends.push('error'),
        complete: () => ends.push('complete'),
      });

      for (const step of script) {
        if (step === 'idle') await clock.advance(0);
        else if (step === 'unsubscribe') subscription.unsubscribe();
        else if (step === 'close') pool.close();
        else if (step === 'release') held.shift()?.release();
        else events[step](endpoint);
        expect(held.length).toBeLessThanOrEqual(extra.window);
      }
      const left = subscription.closed && ends.length === 0;
      for (let round = 0; round < 25; round++) {
        for (const received of held.splice(0)) received.release();
        await quiesce(endpoint, clock);
      }
      await settled(endpoint);

      expectNothingLeft(endpoint, statistics);
      expect(ends.length).toBe(left ? 0 : 1);
      expect(pool.report().held).toEqual([]);
      const sequences = heard.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
      if (!left) expect(heard.length + statistics.dropped).toBe(statistics.transfers);
    }),
    { seed: 3, numRuns: 200 },
  );
});

it('what is replayed keeps its order among everything else', async () => {
  const steps = fc.constantFrom(
    'emit' as const,
    'complete' as const,
    'disable' as const,
    'enable' as const,
    'idle' as const,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (script, depth) => {
      const clock = new VirtualClock({ auto: false });
      const endpoint = new FakeEndpoint();
      const wire: string[] = [];
      const source = new Subject<FakeBuffer>();
      const { heard, ends } = listen(transferTo(endpoint, { clock, depth, onDisable: 'replay' })(source));
      const buffers = fakeBuffers(60);
      const emitted: string[] = [];
      for (const step of script) {
        if (step === 'emit') {
          const buffer = buffers.shift()!;
          emitted.push(buffer.name!);
          source.next(buffer);
        } else if (step === 'idle') await clock.advance(0);
        else if (step === 'complete') {
          if (endpoint.pending[0] !== undefined) wire.push(endpoint.pending[0].buffer.name!);
          complete(endpoint);
        } else endpoint[step]();
      }
      source.complete();
      endpoint.enable();
      for (let round = 0; round < 130; round++) {
        await clock.advance(200_000_000);
        if (endpoint.pending[0] !== undefined) wire.push(endpoint.pending[0].buffer.name!);
        complete(endpoint);
      }
      await clock.advance(0);
      expect(wire).toEqual(emitted);
      expect(heard.map(({ buffer }) => buffer.name)).toEqual(emitted);
      expect(ends).toEqual(['complete']);
    }),
    { seed: 4, numRuns: 100 },
  );
});
