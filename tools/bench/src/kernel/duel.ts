import type { Stack } from '@gadgetloom/gadget';
import { FenceFlow, type GadgetFlow, type GadgetSide, SendFlow } from '../gadget-flows.ts';
import { median } from '../measure.ts';
import { type Direction, endpointOf, sideOf, startHost } from './device.ts';
import { type Effort, Rival } from './processes.ts';
import { ReceiveInRounds } from './receive-in-rounds.ts';

/** The programs that the guest runs beside this one. */
export interface Programs {
  readonly pump: string;
  readonly rival: string;
}

/** What is transferred. */
export interface Setting {
  readonly direction: Direction;
  readonly size: number;
  readonly depth: number;
}

/** Our ways to transfer: by streams, or by the endpoint's own calls and fences. */
export const WAYS = ['streams', 'endpoint'] as const;
export type Way = (typeof WAYS)[number];

/** How one of our ways compares with the C program: medians of the turns. */
export interface Verdict extends Setting {
  readonly way: Way;
  /** Bytes per second. */
  readonly speed: number;
  readonly rivalSpeed: number;
  readonly speedRatio: number;
  /** Seconds of the processor per transfer. */
  readonly processor: number;
  readonly rivalProcessor: number;
  readonly processorRatio: number;
}

/** Seconds that a turn should take. */
const TURN = 0.1;
/** Transfers of {@link SMALL} bytes until a flow of that depth has been compiled. */
const COMPILED_AFTER = 6000;
const SMALL = 512;
/** Flows that are warmed up, by depth: code that was compiled for one alone would be compiled anew for the next. */
const WARM_UP: readonly number[] = [1, 4, 1, 4];
/** The compiler, which is part of the process, is done when so many long turns in a row took no less than those before. */
const SETTLED_AFTER = 3;
/** Long turns after which nobody waits for that any more. */
const PATIENCE = 12;
/** Turns in a long one: with fewer transfers the compiler begins in one turn and is done in another. */
const LONG = 4;

export function openFlow(way: Way, direction: Direction, side: GadgetSide, size: number): GadgetFlow {
  if (way === 'endpoint') return new FenceFlow(side, size);
  return direction === 'in' ? new SendFlow(side, size) : new ReceiveInRounds(side, size);
}

/** So many transfers each way that our programs are compiled, before anything is measured. */
export async function warmUp(stack: Stack, { pump }: Programs, direction: Direction): Promise<void> {
  await using _host = await startHost(stack, pump, direction, SMALL);
  for (const depth of WARM_UP) {
    for (const way of WAYS) {
      const flow = openFlow(way, direction, await sideOf(stack, direction, SMALL, depth), SMALL);
      await flow.run(COMPILED_AFTER);
      await flow.close();
    }
  }
}

/** What a run of one of our flows takes. */
export async function measureFlow(flow: GadgetFlow, transfers: number): Promise<Effort> {
  const processor = process.cpuUsage();
  const start = performance.now();
  await flow.run(transfers);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { seconds, processor: (user + system) / 1e6 };
}

/** Ours and C in turns, on the same endpoint, with the same host: what else the machine does hits all of them. */
export async function duel(stack: Stack, programs: Programs, setting: Setting, turns: number): Promise<Verdict[]> {
  const { direction, size, depth } = setting;
  await using _host = await startHost(stack, programs.pump, direction, size);
  await using rival = new Rival(programs.rival, endpointOf(stack, direction), size, depth);
  const flows: GadgetFlow[] = [];
  for (const way of WAYS) flows.push(openFlow(way, direction, await sideOf(stack, direction, size, depth), size));
  const runs = [
    (transfers: number) => rival.run(transfers),
    ...flows.map((flow) => (transfers: number) => measureFlow(flow, transfers)),
  ];
  const transfers = await transfersPerTurn(rival);
  const efforts: Effort[][] = [];
  for (const run of runs) await settle(run, transfers);
  for (let turn = 0; turn < turns; turn++) {
    const results: Effort[] = [];
    // Who goes second finds the machine as the one before left it: they take turns in that as well.
    for (let place = 0; place < runs.length; place++) {
      const who = (place + turn) % runs.length;
      results[who] = await runs[who]!(transfers);
    }
    efforts.push(results);
  }
  for (const flow of flows) await flow.close();
  const speed = ({ seconds }: Effort): number => (transfers * size) / seconds;
  const processor = (effort: Effort): number => effort.processor / transfers;
  return WAYS.map((way, at) => ({
    ...setting,
    way,
    speed: median(efforts.map((each) => speed(each[at + 1]!))),
    rivalSpeed: median(efforts.map((each) => speed(each[0]!))),
    speedRatio: median(efforts.map((each) => speed(each[at + 1]!) / speed(each[0]!))),
    processor: median(efforts.map((each) => processor(each[at + 1]!))),
    rivalProcessor: median(efforts.map((each) => processor(each[0]!))),
    processorRatio: median(efforts.map((each) => each[at + 1]!.processor / each[0]!.processor)),
  }));
}

/** Long turns that are not counted, until they take no less of the processor. */
async function settle(run: (transfers: number) => Promise<Effort>, transfers: number): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let settled = 0;
  for (let turn = 0; turn < PATIENCE && settled < SETTLED_AFTER; turn++) {
    const { processor } = await run(LONG * transfers);
    settled = processor < 0.97 * least ? 0 : settled + 1;
    least = Math.min(least, processor);
  }
}

/** As many as the C program does in a turn. */
async function transfersPerTurn(rival: Rival): Promise<number> {
  for (let transfers = 16; ; transfers *= 2) {
    const { seconds } = await rival.run(transfers);
    if (seconds >= TURN / 2) return Math.ceil((transfers * TURN) / seconds);
  }
}
