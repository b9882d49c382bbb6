import {
  type Benchmark,
  type Comparison,
  type Contestant,
  type Growth,
  isMet,
  type Open,
  type Rate,
  type Result,
  targetOf,
} from './benchmark.ts';

/** What measuring needs of the machine. */
export interface Machine {
  /** Seconds that have been spent. */
  now(): number;
  /** Bytes in use, once everything that can go is gone. */
  heap(): number;
}

/** How much is done for a result. */
export interface Effort {
  /** Of comparisons and rates. */
  readonly rounds: number;
  /** The part of its operations that a benchmark of growth does. */
  readonly part: number;
}

export const THOROUGH: Effort = { rounds: 21, part: 1 };
export const QUICK: Effort = { rounds: 7, part: 0.1 };

/** How long one round should take, in seconds: long enough for the clock, short enough that both meet the same weather. */
const round = 0.05;

/** Measures a benchmark. */
export function measure(one: Benchmark, machine: Machine, effort: Effort = THOROUGH): Promise<Result> {
  if (one.kind === 'comparison') return measureComparison(one, machine, effort);
  return one.kind === 'rate' ? measureRate(one, machine, effort) : measureGrowth(one, machine, effort);
}

/** Both in turns, so that what else the machine does hits both; the ratio is the median of the turns' ratios. */
async function measureComparison(one: Comparison, machine: Machine, { rounds }: Effort): Promise<Result> {
  return opened([one.ours, one.rival], async ([ours, rival]) => {
    const counts = [await operationsPerRound(ours!, machine), await operationsPerRound(rival!, machine)] as const;
    const turns = [];
    for (let turn = 0; turn < rounds; turn++) {
      // Who goes second finds the machine as the first one left it: they take turns in that as well.
      const second = turn % 2 === 0 ? undefined : await speed(rival!, counts[1], machine);
      const first = await speed(ours!, counts[0], machine);
      turns.push({ ours: first, rival: second ?? (await speed(rival!, counts[1], machine)) });
    }
    const { name, unit, amount = 1, target } = one;
    const ratio = median(turns.map(({ ours, rival }) => ours / rival));
    return {
      name,
      ours: median(turns.map(({ ours }) => ours)) * amount,
      rival: median(turns.map(({ rival }) => rival)) * amount,
      unit,
      ratio,
      target: targetOf(target),
      met: isMet(target, ratio),
    };
  });
}

async function measureRate(one: Rate, machine: Machine, { rounds }: Effort): Promise<Result> {
  const { name, unit, amount = 1, target } = one;
  return opened([one.ours], async ([ours]) => {
    const count = await operationsPerRound(ours!, machine);
    const speeds = [];
    for (let turn = 0; turn < rounds; turn++) speeds.push(await speed(ours!, count, machine));
    const rate = median(speeds) * amount;
    return { name, ours: rate, rival: null, unit, ratio: null, target: targetOf(target), met: isMet(target, rate) };
  });
}

async function measureGrowth(one: Growth, machine: Machine, { part }: Effort): Promise<Result> {
  const { name, target } = one;
  const [early, late] = [one.early * part, one.late * part];
  return opened([one.ours], async ([contestant]) => {
    await contestant!.run(early);
    const rival = machine.heap();
    await contestant!.run(late - early);
    const ours = machine.heap();
    const ratio = ours / rival;
    return { name, ours, rival, unit: 'bytes', ratio, target: targetOf(target), met: isMet(target, ratio) };
  });
}

async function opened(open: Open[], use: (contestants: Contestant[]) => Promise<Result>): Promise<Result> {
  const contestants: Contestant[] = [];
  try {
    for (const one of open) contestants.push(await one());
    return await use(contestants);
  } finally {
    for (const contestant of contestants.reverse()) await contestant.close?.();
  }
}

/** Also warms up: the last, longest try takes as long as a round. */
async function operationsPerRound(contestant: Contestant, machine: Machine): Promise<number> {
  for (let operations = 1; ; operations *= 2) {
    const seconds = operations / (await speed(contestant, operations, machine));
    if (seconds >= round) return Math.max(1, Math.round((operations * round) / seconds));
  }
}

/** Operations per second. */
async function speed(contestant: Contestant, operations: number, machine: Machine): Promise<number> {
  const start = machine.now();
  await contestant.run(operations);
  // A clock that did not move would make it infinitely fast.
  return operations / Math.max(machine.now() - start, 1e-9);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
