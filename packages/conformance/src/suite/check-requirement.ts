import { SECOND } from '@gadgetloom/core';
import { FEATURES, type Feature, type Requirement } from '../requirements/requirement.ts';
import { checkScenario } from '../scenario/check.ts';
import { atMost } from '../scenario/deadline.ts';
import type { ScenarioStack, ScenarioTarget } from '../scenario/target.ts';
import { scenarioDifference } from './scenario-difference.ts';
import { type StrayErrors, withoutStrays } from './stray-errors.ts';

/** A proof that is not over after this long on the stack's clock never will be. */
const PATIENCE = 120 * SECOND;
/** So much of a stack is of use: who threw, and who called it. */
const FRAMES = 4;

/** What came of a requirement. */
export type RequirementResult = { readonly requirement: Requirement } & (
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'failed'; readonly difference: string }
  | { readonly verdict: 'not applicable'; readonly reason: string }
);

/** The features of a backend. Opens a stack to look. */
export async function featuresOf(target: ScenarioTarget): Promise<ReadonlySet<Feature>> {
  await using stack = await target.open();
  const features = new Set<Feature>();
  features.add(stack.controller.features.scatterGather === false ? 'no-scatter-gather' : 'scatter-gather');
  if (stack.udmabuf !== undefined) features.add('udmabuf');
  if (stack.host.suspend !== undefined) features.add('suspend');
  if (stack.hostEnd !== undefined && stack.hostEnd.elsewhere === undefined) features.add('host-end');
  // A real controller does not tell its endpoints.
  const carried = stack.controller.features.endpoints?.map(({ capabilities }) => capabilities) ?? [];
  const carries = (way: 'in' | 'out'): boolean => carried.some((each) => each.isochronous && each[way]);
  if (features.has('host-end') && carries('in') && carries('out')) features.add('isochronous');
  return features;
}

/**
 * Shows one requirement on fresh stacks of a target. Never throws: whatever goes wrong is the result.
 *
 * @param strays how to watch for errors that nobody catches, where no test runner does
 */
export async function checkRequirement(
  requirement: Requirement,
  target: ScenarioTarget,
  features: ReadonlySet<Feature>,
  strays?: StrayErrors,
): Promise<RequirementResult> {
  const missing = requirement.needs.find((feature) => !features.has(feature));
  if (missing !== undefined)
    return { requirement, verdict: 'not applicable', reason: `only with ${FEATURES[missing]}` };
  const difference = await withoutStrays(() => differenceOf(requirement, target), strays).catch(textOf);
  return difference === undefined ? { requirement, verdict: 'passed' } : { requirement, verdict: 'failed', difference };
}

async function differenceOf({ proof }: Requirement, target: ScenarioTarget): Promise<string | undefined> {
  if (typeof proof !== 'function') {
    const verdict = await checkScenario(proof, target);
    return verdict.differences.length === 0 ? undefined : scenarioDifference(verdict);
  }
  await using stack: ScenarioStack = await target.open();
  const over = proof(stack).then(() => true);
  if (!(await atMost(stack.clock, PATIENCE, over, false))) throw new Error('It never came to an end.');
  return undefined;
}

/** A plain error is what a proof says; of any other it matters where it comes from. */
function textOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.constructor === Error) return failure.message;
  const lines = (failure.stack ?? failure.message).split('\n');
  const frames = lines.findIndex((line) => /^ +at /.test(line));
  return (frames < 0 ? lines : lines.slice(0, frames + FRAMES)).join('\n');
}
