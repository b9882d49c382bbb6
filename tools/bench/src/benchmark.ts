/** Something whose speed is measured. */
export interface Contestant {
  /** Does so many operations, one after the other or as many at a time as it likes; done when it returns or resolves. */
  run(operations: number): void | Promise<void>;
  close?(): void | Promise<void>;
}

export type Open = () => Contestant | Promise<Contestant>;

/** What a result has to reach. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

interface Named {
  /** What is measured, and against what: `'64 KiB IN through backend-mock, against Buffer.copy'`. */
  readonly name: string;
}

/** Our speed over a rival's: the target is a ratio. */
export interface Comparison extends Named {
  readonly kind: 'comparison';
  readonly unit: string;
  /** How many units one operation is worth: `65_536 / 1e9` for GB/s. 1 if missing. */
  readonly amount?: number;
  readonly ours: Open;
  readonly rival: Open;
  readonly target: Target;
}

/** Our speed alone: the target is in the unit. */
export interface Rate extends Named {
  readonly kind: 'rate';
  readonly unit: string;
  readonly amount?: number;
  readonly ours: Open;
  readonly target: Target;
}

/** The heap that is in use after `late` operations, over that after `early` ones: the target is a ratio. */
export interface Growth extends Named {
  readonly kind: 'growth';
  readonly early: number;
  readonly late: number;
  readonly ours: Open;
  readonly target: Target;
}

export type Benchmark = Comparison | Rate | Growth;

/** All benchmarks, in the order in which their modules were loaded. */
export const benchmarks: Benchmark[] = [];

/** Adds a benchmark; modules named `*.bench.ts` do so when they are loaded. */
export function benchmark(one: Benchmark): void {
  benchmarks.push(one);
}

/** What is written to the file of `--json`. */
export interface Result {
  readonly name: string;
  readonly ours: number;
  /** Not there for a rate, which has no rival. */
  readonly rival: number | null;
  readonly unit: string;
  /** `ours / rival`; not there for a rate. */
  readonly ratio: number | null;
  /** What the ratio, or for a rate `ours`, has to reach or must not exceed. */
  readonly target: number;
  readonly met: boolean;
}

export const targetOf = (target: Target): number => ('atLeast' in target ? target.atLeast : target.atMost);

export const isMet = (target: Target, value: number): boolean =>
  'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
