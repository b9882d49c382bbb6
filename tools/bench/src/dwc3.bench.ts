import { dwc3 } from '@gadgetloom/backend-dwc3';
import { benchmark, type Contestant } from './benchmark.ts';
import { CallbackFlow, FenceFlow } from './gadget-flows.ts';
import { HostFlow, type Loopback, openLoopback } from './loopback.ts';

const SMALL = 512;
/** Bytes that move before anything is measured: a machine that is busy takes long to compile. */
const WARM_UP = 2 ** 31;

/** FunctionFS, fences and the pipes of the host included: what a program sees. The controller alone is a benchmark of its own. */
const WHOLE_STACK = 0.35;

/** A loopback on a DWC3 at SuperSpeed, with buffers of scattered pages. */
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

function copies({ buffers, arrays }: Loopback, size: number, direction: 'in' | 'out'): Contestant {
  const asBuffer = (array: Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, size);
  const ours = buffers.map((buffer) => asBuffer(buffer.bytes()));
  const theirs = arrays.map(asBuffer);
  const [from, to] = direction === 'in' ? [ours, theirs] : [theirs, ours];
  return {
    run: (operations) => {
      for (let operation = 0; operation < operations; operation++) {
        from[operation % from.length]!.copy(to[operation % to.length]!, 0, 0, size);
      }
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
      name: `backend-dwc3, whole stack: ${name} ${direction.toUpperCase()} over DMABUFs, against Buffer.copy of the same memory`,
      unit: 'GB/s',
      amount: size / 1e9,
      ours: async () => {
        shared = await open(direction, size, count);
        const contestant = transfers(shared, new FenceFlow(shared, size));
        await contestant.run(WARM_UP / size);
        return contestant;
      },
      rival: () => copies(shared!, size, direction),
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
    return transfers(loopback, new CallbackFlow(loopback, SMALL));
  },
  target: { atLeast: 200_000 },
});
