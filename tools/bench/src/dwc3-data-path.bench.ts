import { VirtualClock } from '@gadgetloom/core';
import { PAGE_SIZE } from '@gadgetloom/dmabuf';
import { benchmark, type Contestant } from './benchmark.ts';
import { type Direction, Dwc3Rig, type Memories, memories } from './dwc3-rig.ts';
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

/** Nothing but the copying, from and to the same memory. @param piece bytes of one copy */
function copies({ gadget, host }: Memories, direction: Direction, piece: number): Contestant {
  const asBuffer = (array: Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.length);
  const [from, to] = (direction === 'in' ? [gadget, host] : [host, gadget]).map((arrays) => arrays.map(asBuffer));
  return {
    run: (operations) => {
      for (let operation = 0; operation < operations; operation++) {
        const source = from![operation % from!.length]!;
        const target = to![operation % to!.length]!;
        for (let at = 0; at < source.length; at += piece) source.copy(target, at, at, at + piece);
      }
    },
  };
}

for (const direction of ['in', 'out'] as const) {
  for (const [name, size, count, target] of [
    ['64 KiB', 65_536, 8, 0.5],
    ['1 MiB', 1_048_576, 2, 0.6],
  ] as const) {
    // A plain copy knows nothing of pages. What they cost alone is what the second rival shows: whoever cannot see that
    // they are one array has to copy them one by one.
    for (const [how, piece] of [
      ['one Buffer.copy', size],
      ['a Buffer.copy of each page', PAGE_SIZE],
    ] as const) {
      let memory: Memories | undefined;
      benchmark({
        kind: 'comparison',
        name: `dwc3 data path: ${name} ${direction.toUpperCase()} of scattered 4 KiB pages, against ${how}`,
        unit: 'GB/s',
        amount: size / 1e9,
        ours: () => {
          memory = memories(size, count);
          return open(direction, memory);
        },
        rival: () => copies(memory!, direction, piece),
        target: { atLeast: target },
      });
    }
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
 * Gadgets of ten endpoints on one clock, all at work. They share the bytes that they move, so that the caches of the machine
 * hold as many with a thousand as with one: what differs is what the controllers need themselves.
 *
 * @param batch transfers of one operation, the same number on each endpoint
 */
async function openMany(gadgets: number, size: number, batch: number): Promise<Contestant> {
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
    for (let operation = 0; operation < operations; operation++) await runLoops(loops, batch);
  };
  await run(1);
  return {
    run,
    close: () => {
      for (const rig of rigs) rig.close();
    },
  };
}

for (const [name, size, batch, target] of [
  // Each endpoint is in the middle of its work most of the time, with one gadget as with a thousand.
  ['64 KiB', 65_536, 400_000, 1.2],
  ['512 bytes', 512, 400_000, 1.2],
] as const) {
  benchmark({
    kind: 'comparison',
    name: `dwc3 data path: ${name} on each of a thousand gadgets with ten endpoints, against one such gadget`,
    unit: 'transfers/s',
    amount: batch,
    ours: () => openMany(1000, size, batch),
    rival: () => openMany(1, size, batch),
    target: { atLeast: 1 / target },
  });
}
