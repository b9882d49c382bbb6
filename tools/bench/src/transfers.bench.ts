import { benchmark, type Contestant } from './benchmark.ts';
import { CallbackFlow, FenceFlow, type GadgetFlow, ReceiveFlow, SendFlow } from './gadget-flows.ts';
import { bothSides, HostFlow, type Loopback, type LoopbackOptions, openLoopback } from './loopback.ts';
import { pageCopies, WHOLE_STACK } from './page-copies.ts';

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
    name: `backend-mock: 64 KiB ${wire} over DMABUFs, against a Buffer.copy of each page`,
    unit: 'GB/s',
    amount: LARGE / 1e9,
    ours: async () => {
      shared = await openLoopback(large);
      return transfers(shared, LARGE, makeFence);
    },
    rival: () => pageCopies(bothSides(shared!), direction),
    target: { atLeast: WHOLE_STACK },
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
