import { VirtualClock } from '@gadgetloom/core';
import { benchmark, type Contestant } from './benchmark.ts';
import { type Direction, Dwc3Rig, type Memories, memories } from './dwc3-rig.ts';
import { pageCopies } from './page-copies.ts';
import { type RequestLoop, runLoops } from './request-loop.ts';

/** Bytes, and at most transfers, that move before anything is measured: a machine that is busy takes long to compile. */
const WARM_UP = 2 ** 31;
const WARM_UP_TRANSFERS = 200_000;

async function open(direction: Direction, memory: Memories): Promise<Contestant> {
  const rig = await Dwc3Rig.open(new VirtualClock());
  const loops = [rig.loop(1, direction, memory)];
  await runLoops(loops, Math.min(WARM_UP_TRANSFERS, WARM_UP / memory.gadget[0]!.length));
  return { run: (operations) => runLoops(loops, operations), close: () => rig.close() };
}

/**
 * The budget of the controller where each page lies alone and takes a TRB. The heap of a stack gives runs of one to seven
 * pages: 64 KiB take five TRBs there and sixteen here, so that half of the budget of a stack is enough.
 */
const ALONE = 0.25;

for (const direction of ['in', 'out'] as const) {
  for (const [name, size, count] of [
    ['64 KiB', 65_536, 8],
    ['1 MiB', 1_048_576, 2],
  ] as const) {
    let memory: Memories | undefined;
    benchmark({
      kind: 'comparison',
      name: `dwc3 data path: ${name} ${direction.toUpperCase()} of scattered 4 KiB pages, against a Buffer.copy of each page`,
      unit: 'GB/s',
      amount: size / 1e9,
      ours: () => {
        memory = memories(size, count);
        return open(direction, memory);
      },
      rival: () => pageCopies(memory!, direction),
      target: { atLeast: ALONE },
    });
  }

  benchmark({
    kind: 'rate',
    name: `dwc3 data path: 512 bytes ${direction.toUpperCase()}`,
    unit: 'transfers/s',
    ours: () => open(direction, memories(512, 8)),
    target: { atLeast: 200_000 },
  });
}

const ENDPOINTS = 5;
/** Requests of an endpoint, as above. */
const DEPTH = 8;

/**
 * Gadgets of ten endpoints on one clock, all at work. They share the bytes that they move: the caches of the machine hold
 * these with a thousand gadgets as well as with one, so that only the memory of the controllers makes a difference.
 */
async function openMany(gadgets: number, size: number): Promise<Contestant> {
  const clock = new VirtualClock();
  const memory = memories(size, DEPTH);
  const rigs: Dwc3Rig[] = [];
  const loops: RequestLoop[] = [];
  for (let gadget = 0; gadget < gadgets; gadget++) {
    const rig = await Dwc3Rig.open(clock);
    rigs.push(rig);
    for (let number = 1; number <= ENDPOINTS; number++)
      for (const direction of ['in', 'out'] as const) loops.push(rig.loop(number, direction, memory));
  }
  const run = async (operations: number): Promise<void> => {
    for (let operation = 0; operation < operations; operation++) await runLoops(loops, BATCH);
  };
  await run(1);
  return {
    run,
    close: () => {
      for (const rig of rigs) rig.close();
    },
  };
}

/** How much longer a transfer may take among a thousand gadgets. What they keep about it is not in a cache of the machine. */
const SLOWDOWN = 2.5;
/** Transfers of one operation: each endpoint is in the middle of its work most of the time, also among a thousand gadgets. */
const BATCH = 200_000;

for (const [name, size] of [
  ['64 KiB', 65_536],
  ['512 bytes', 512],
] as const) {
  benchmark({
    kind: 'comparison',
    name: `dwc3 data path: ${name} on each of a thousand gadgets with ten endpoints, against one such gadget`,
    unit: 'transfers/s',
    amount: BATCH,
    ours: () => openMany(1000, size),
    rival: () => openMany(1, size),
    target: { atLeast: 1 / SLOWDOWN },
  });
}
