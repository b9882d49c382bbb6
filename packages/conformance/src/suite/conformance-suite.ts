import { REQUIREMENTS } from '../catalogue.ts';
import type { Feature, Requirement, RequirementGroup } from '../requirements/requirement.ts';
import { type ComposedPieces, piecesTarget } from '../scenario/pieces-target.ts';
import type { ScenarioTarget } from '../scenario/target.ts';
import { checkRequirement, featuresOf, type RequirementResult } from './check-requirement.ts';

/** What the suite needs of a test runner: vitest, node:test, jest and mocha have it. */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, body: () => void): unknown;
  /** Defines a test; its function gets whatever the runner gives. */
  it(name: string, body: (context?: unknown) => Promise<void>): unknown;
}

/** Which part of the suite. */
export interface ConformanceOptions {
  /** All groups unless given. */
  readonly groups?: readonly RequirementGroup[];
  /**
   * What the backend has, where that is known beforehand: requirements that need more are left out, and one more test
   * makes sure that it is so. Unless given, the backend is asked, and they are skipped.
   */
  readonly features?: readonly Feature[];
  /**
   * Ids of requirements that the backend does not meet yet. Their tests pass as long as that is so, and fail when the
   * requirement is met, does not apply, or is not there: the list is exact, always.
   */
  readonly notYet?: readonly string[];
}

/**
 * The whole suite as tests of a runner: one test per requirement. Requirements that do not apply are skipped where the
 * runner can skip from inside a test, and say so.
 *
 * @param open makes fresh pieces for each proof, or is a target of one's own
 *
 * @example
 * conformanceSuite({ describe, it }, 'acme', () => composePieces({ plugins: [acme(), mockHeap()] }));
 */
export function conformanceSuite(
  { describe, it }: TestRunner,
  name: string,
  open: ScenarioTarget | (() => Promise<ComposedPieces>),
  { groups = REQUIREMENTS, features: declared, notYet = [] }: ConformanceOptions = {},
): void {
  const target = typeof open === 'function' ? piecesTarget(name, open) : open;
  let features: Promise<ReadonlySet<Feature>> | undefined;
  const applies = ({ needs }: Requirement): boolean => needs.every((feature) => declared?.includes(feature) ?? true);
  describe(`${name} conforms`, () => {
    if (declared !== undefined)
      it('has the features that it is said to have', async () => {
        const [found, said] = [[...(await featuresOf(target))].sort(), [...declared].sort()];
        if (found.join() !== said.join()) throw new Error(`It has ${found.join(', ')}; said were ${said.join(', ')}.`);
      });
    const all = groups.flatMap(({ requirements }) => requirements.filter(applies));
    for (const id of notYet.filter((id) => !all.some((requirement) => requirement.id === id)))
      it(`not met yet: ${id}`, () => Promise.reject(new Error(`No requirement that applies is called "${id}".`)));
    for (const { title, requirements } of groups) {
      const applicable = requirements.filter(applies);
      // A suite without tests is an error to some runners.
      if (applicable.length === 0) continue;
      describe(title, () => {
        for (const requirement of applicable)
          it(`${notYet.includes(requirement.id) ? 'not met yet: ' : ''}${requirement.id}: ${requirement.sentence}`, async (context) => {
            features ??= featuresOf(target);
            const result = await checkRequirement(requirement, target, await features);
            if (notYet.includes(requirement.id)) return stillFailing(result);
            if (result.verdict === 'failed') throw new Error(`${result.difference}\nSource: ${requirement.source}`);
            if (result.verdict === 'not applicable') skip(context, result.reason);
          });
      });
    }
  });
}

/** @throws Error the requirement is met, or does not apply */
function stillFailing({ requirement, verdict }: RequirementResult): void {
  if (verdict === 'failed') return;
  const why = verdict === 'passed' ? 'is met' : 'does not apply';
  throw new Error(`"${requirement.id}" ${why}: take it off the list of those that are not met yet.`);
}

function skip(context: unknown, reason: string): void {
  const test = context as { skip?: (reason: string) => void } | undefined;
  test?.skip?.(reason);
}
