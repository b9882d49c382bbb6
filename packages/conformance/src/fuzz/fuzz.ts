import type { ScenarioTarget } from '../scenario/target.ts';
import { type CompareOptions, compareTargets, type Divergence } from './compare.ts';
import { randomWalk, type WalkOptions } from './random-walk.ts';
import { shorten } from './shorten.ts';

/** How to fuzz. */
export interface FuzzOptions extends WalkOptions, CompareOptions {
  /** One walk for each. */
  readonly seeds: Iterable<number>;
  /** Called after each walk without a difference. */
  readonly onWalk?: (seed: number) => void;
  /** `false`: do not look for a shorter scenario. `true` unless given. */
  readonly shortened?: boolean;
}

/** What came of it. */
export interface FuzzResult {
  /** Walks without a difference. */
  readonly walks: number;
  /** Where the targets differ; nothing is walked after it. */
  readonly divergence: (Divergence & { readonly seed: number }) | undefined;
}

/** Walks randomly on two targets at once, until they differ or the seeds are used up. */
export async function fuzz(
  targets: readonly [ScenarioTarget, ScenarioTarget],
  options: FuzzOptions,
): Promise<FuzzResult> {
  const { seeds, onWalk, shortened = true } = options;
  let walks = 0;
  for (const seed of seeds) {
    const found = await compareTargets(randomWalk(seed, options), targets, options);
    if (found !== undefined) {
      const best = shortened ? await shorten(found, (one) => compareTargets(one, targets, options)) : found;
      return { walks, divergence: { ...best, seed } };
    }
    walks++;
    onWalk?.(seed);
  }
  return { walks, divergence: undefined };
}
