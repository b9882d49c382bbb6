import { REQUIREMENTS } from '../requirements/catalogue.ts';
import type { Feature, Requirement, RequirementGroup } from '../requirements/requirement.ts';
import { type ComposedPieces, piecesTarget } from '../scenario/pieces-target.ts';
import type { ScenarioTarget } from '../scenario/target.ts';
import { checkRequirement, featuresOf } from './check-requirement.ts';

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
  { groups = REQUIREMENTS, features: declared }: ConformanceOptions = {},
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
    for (const { title, requirements } of groups)
      describe(title, () => {
        for (const requirement of requirements.filter(applies))
          it(`${requirement.id}: ${requirement.sentence}`, async (context) => {
            features ??= featuresOf(target);
            const result = await checkRequirement(requirement, target, await features);
            if (result.verdict === 'failed') throw new Error(`${result.difference}\nSource: ${requirement.source}`);
            if (result.verdict === 'not applicable') skip(context, result.reason);
          });
      });
  });
}

function skip(context: unknown, reason: string): void {
  const test = context as { skip?: (reason: string) => void } | undefined;
  test?.skip?.(reason);
}
