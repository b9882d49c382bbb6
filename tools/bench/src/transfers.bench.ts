import { benchmark, type Contestant } from './benchmark.ts';
import { CallbackFlow, FenceFlow, type GadgetFlow, ReceiveFlow, SendFlow } from './gadget-flows.ts';
import { HostFlow, type Loopback, type LoopbackOptions, openLoopback } from './loopback.ts';

type Direction = 'in' | 'out';
type MakeFlow = (loopback: Loopback, size: number) => GadgetFlow;

const LARGE = 65_536;
const SMALL = 512;
const DEPTH = 4;
/** 8 x 64 KiB on both sides are more than the cache that is closest to a core, as in a device that streams. */
const LARGE_DEPTH = 8;

/** Both ends of a loopback at work. */
function transfers(loopback: Loopback, size: number, makeFlow: MakeFlow): Contestant {
  const host = new HostFlow(loopback);
  const gadget = makeFlow(loopback, size);
  return {
    run: async (operations) => {
      await Promise.all([host.run(operations), gadget.run(operations)]);
    },
    close: async () => {
      await gadget.close();
      await loopback[Symbol.asyncDispose]();
    },
  };
}

const opening = (options: LoopbackOptions, makeFlow: MakeFlow) => async (): Promise<Contestant> =>
  transfers(await openLoopback(options), options.size, makeFlow);

/** Nothing but the copying, from and to the same memory: how long it takes depends on the addresses. */
function copies({ buffers, arrays }: Loopback, direction: Direction): Contestant {
  const ours = buffers.map((buffer) => asBuffer(buffer.bytes()));
  const theirs = arrays.map(asBuffer);
  const [from, to] = direction === 'in' ? [ours, theirs] : [theirs, ours];
  return {
    run: (operations) => {
      for (let operation = 0; operation < operations; operation++) {
        from[operation % LARGE_DEPTH]!.copy(to[operation % LARGE_DEPTH]!, 0, 0, LARGE);
      }
    },
  };
}

const asBuffer = (array: Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, LARGE);

for (const direction of ['in', 'out'] as const) {
  const wire = direction.toUpperCase();
  const makeStream: MakeFlow = (loopback, size) =>
    direction === 'in' ? new SendFlow(loopback, size) : new ReceiveFlow(loopback, size);
  const makeFence: MakeFlow = (loopback, size) => new FenceFlow(loopback, size);
  const makeCallback: MakeFlow = (loopback, size) => new CallbackFlow(loopback, size);
  const large: LoopbackOptions = { direction, size: LARGE, count: LARGE_DEPTH };
  const small: LoopbackOptions = { direction, size: SMALL, count: DEPTH };

  let shared: Loopback | undefined;
  benchmark({
    kind: 'comparison',
    name: `backend-mock: 64 KiB ${wire} over DMABUFs, against Buffer.copy of the same memory`,
    unit: 'GB/s',
    amount: LARGE / 1e9,
    ours: async () => {
      shared = await openLoopback(large);
      return transfers(shared, LARGE, makeFence);
    },
    rival: () => copies(shared!, direction),
    target: { atLeast: 0.7 },
  });

  benchmark({
    kind: 'comparison',
    name: `streams: 64 KiB ${wire} over DMABUFs, against the copying path`,
    unit: 'GB/s',
    amount: LARGE / 1e9,
    ours: opening(large, makeStream),
    rival: opening({ ...large, scatterGather: false }, makeStream),
    target: { atLeast: 1 },
  });

  benchmark({
    kind: 'rate',
    name: `backend-mock: 512 bytes ${wire} over DMABUFs, delivered by RxJS`,
    unit: 'transfers/s',
    ours: opening(small, makeStream),
    target: { atLeast: 400_000 },
  });

  benchmark({
    kind: 'comparison',
    name: `streams: completions of 512 bytes ${wire} by RxJS, against plain callbacks`,
    unit: 'transfers/s',
    ours: opening(small, makeStream),
    rival: opening(small, makeCallback),
    // 25 % more time per transfer.
    target: { atLeast: 1 / 1.25 },
  });

  benchmark({
    kind: 'growth',
    name: `streams: heap after 10 million transfers ${wire}, against 1 million`,
    early: 1_000_000,
    late: 10_000_000,
    ours: opening(small, makeStream),
    target: { atMost: 1.05 },
  });
}
