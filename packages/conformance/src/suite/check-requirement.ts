import { SECOND } from '@gadgetloom/core';
import { FEATURES, type Feature, type Requirement } from '../requirements/requirement.ts';
import { checkScenario } from '../scenario/check.ts';
import { atMost } from '../scenario/deadline.ts';
import type { ScenarioStack, ScenarioTarget } from '../scenario/target.ts';
import { scenarioDifference } from './scenario-difference.ts';
import { type StrayErrors, withoutStrays } from './stray-errors.ts';

/** The suite gives up a proof that has not ended after this long on the stack's clock. */
const PATIENCE = 120 * SECOND;
/** Frames of a stack trace that a report shows: who threw, and who called it. */
const FRAMES = 4;

/** The result of checking a requirement. */
export type RequirementResult = { readonly requirement: Requirement } & (
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'failed'; readonly difference: string }
  | { readonly verdict: 'not applicable'; readonly reason: string }
);

/** Finds the features of a backend. It opens a stack for that. */
export async function featuresOf(target: ScenarioTarget): Promise<ReadonlySet<Feature>> {
  await using stack = await target.open();
  const features = new Set<Feature>();
  features.add(stack.controller.features.scatterGather === false ? 'no-scatter-gather' : 'scatter-gather');
  if (stack.udmabuf !== undefined) features.add('udmabuf');
  if (stack.host.suspend !== undefined) features.add('suspend');
  if (stack.hostEnd !== undefined && stack.hostEnd.elsewhere === undefined) features.add('host-end');
  // A real controller does not list its endpoints.
  const carried = stack.controller.features.endpoints?.map(({ capabilities }) => capabilities) ?? [];
  const carries = (way: 'in' | 'out'): boolean => carried.some((each) => each.isochronous && each[way]);
  if (features.has('host-end') && carries('in') && carries('out')) features.add('isochronous');
  return features;
}

/**
 * Checks one requirement on fresh stacks of a target. It never throws: every failure is part of the result.
 *
 * @param strays watches for errors that nobody catches, for callers without a test runner that does so
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
  if (!(await atMost(stack.clock, PATIENCE, over, false))) throw new Error('The proof did not end.');
  return undefined;
}

/** A proof reports a difference as a plain `Error`. Any other error is shown with its place. */
function textOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.constructor === Error) return failure.message;
  const lines = (failure.stack ?? failure.message).split('\n');
  const frames = lines.findIndex((line) => /^ +at /.test(line));
  return (frames < 0 ? lines : lines.slice(0, frames + FRAMES)).join('\n');
}
