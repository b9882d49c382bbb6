import { dwc3 } from '@gadgetloom/backend-dwc3';
import { benchmark, type Contestant } from './benchmark.ts';
import { CallbackFlow, FenceFlow } from './gadget-flows.ts';
import { bothSides, HostFlow, type Loopback, openLoopback } from './loopback.ts';
import { pageCopies, WHOLE_STACK } from './page-copies.ts';

const SMALL = 512;
/** Bytes, and transfers at most, that move before anything is measured: V8 takes long to compile on a busy machine. */
const WARM_UP = 2 ** 31;
const WARM_UP_TRANSFERS = 200_000;

/** A loopback on a DWC3 at SuperSpeed, with buffers that lie in runs of one to seven pages. */
const open = (direction: 'in' | 'out', size: number, count: number): Promise<Loopback> =>
  openLoopback({ direction, size, count, backend: dwc3({ speed: 'super', layout: 'scattered' }) });

function transfers(loopback: Loopback, gadget: FenceFlow | CallbackFlow): Contestant {
  const host = new HostFlow(loopback);
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

for (const direction of ['in', 'out'] as const) {
  for (const [name, size, count] of [
    ['64 KiB', 65_536, 8],
    ['1 MiB', 1_048_576, 2],
  ] as const) {
    let shared: Loopback | undefined;
    benchmark({
      kind: 'comparison',
      name: `backend-dwc3, whole stack: ${name} ${direction.toUpperCase()} over DMABUFs, against a Buffer.copy of each page`,
      unit: 'GB/s',
      amount: size / 1e9,
      ours: async () => {
        shared = await open(direction, size, count);
        const contestant = transfers(shared, new FenceFlow(shared, size));
        await contestant.run(WARM_UP / size);
        return contestant;
      },
      rival: () => pageCopies(bothSides(shared!), direction),
      target: { atLeast: WHOLE_STACK },
    });
  }
}

benchmark({
  kind: 'rate',
  name: 'backend-dwc3: 512-byte transfers',
  unit: 'transfers/s',
  ours: async () => {
    const loopback = await open('in', SMALL, 8);
    const contestant = transfers(loopback, new CallbackFlow(loopback, SMALL));
    await contestant.run(WARM_UP_TRANSFERS);
    return contestant;
  },
  target: { atLeast: 200_000 },
});
