import type { Scenario } from '../scenario/scenario.ts';
import type { Divergence } from './compare.ts';

/**
 * Takes out of a scenario whatever is not needed for two targets to differ: halves first, single steps last.
 *
 * @param differs plays a scenario on both
 * @returns the shortest scenario that was found, with its difference
 */
export async function shorten(
  divergence: Divergence,
  differs: (scenario: Scenario) => Promise<Divergence | undefined>,
): Promise<Divergence> {
  let best = divergence;
  let steps = upToDifference(best);
  for (let length = Math.ceil(steps.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let at = steps.length - length; at > -length; at -= length) {
      const from = Math.max(at, 0);
      const left = [...steps.slice(0, from), ...steps.slice(at + length)];
      if (left.length === 0) continue;
      const found = await differs({ ...best.scenario, steps: left });
      if (found === undefined || !isSame(found, divergence)) continue;
      best = found;
      steps = upToDifference(found);
      at = Math.min(at, steps.length);
    }
  }
  return { ...best, scenario: { ...best.scenario, steps } };
}

/** What comes behind the difference is not needed for it. */
const upToDifference = ({ scenario, step }: Divergence) => scenario.steps.slice(0, step + 1);

/** Another difference, found on the way, may have nothing to do with the one that is looked for. */
function isSame(one: Divergence, other: Divergence): boolean {
  return one.operation === other.operation && one.outcomes.join() === other.outcomes.join();
}
