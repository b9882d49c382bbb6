import { REQUIREMENTS } from '../catalogue.ts';
import type { Feature, Requirement, RequirementGroup } from '../requirements/requirement.ts';
import { type ComposedPieces, piecesTarget } from '../scenario/pieces-target.ts';
import type { ScenarioTarget } from '../scenario/target.ts';
import { checkRequirement, featuresOf, type RequirementResult } from './check-requirement.ts';

/** The functions that the suite uses of a test runner. vitest, node:test, jest and mocha have them. */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, body: () => void): unknown;
  /** Defines a test. The suite looks for `skip` in what the runner passes to its function. */
  it(name: string, body: (context?: unknown) => Promise<void>): unknown;
}

/** Selects a part of the suite. */
export interface ConformanceOptions {
  /** Default: all groups. */
  readonly groups?: readonly RequirementGroup[];
  /**
   * The features of the backend, if they are known beforehand. The suite leaves out requirements that need others, and
   * one more test verifies the list. Without this option the suite asks the backend, and skips those requirements.
   */
  readonly features?: readonly Feature[];
  /**
   * Ids of requirements that the backend does not meet yet. Their tests pass while the backend fails them. They fail if
   * the requirement is met, does not apply or does not exist, so the list is always exact.
   */
  readonly notYet?: readonly string[];
}

/**
 * Defines the whole suite as tests of a runner, one test per requirement. A requirement that does not apply is skipped,
 * with the reason, if the runner can skip from inside a test.
 *
 * @param open makes fresh pieces for each proof, or is a target of your own
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
        if (found.join() !== said.join())
          throw new Error(
            `The backend has ${found.join(', ')}, but the option \`features\` lists ${said.join(', ')}. Correct the list.`,
          );
      });
    const all = groups.flatMap(({ requirements }) => requirements.filter(applies));
    for (const id of notYet.filter((id) => !all.some((requirement) => requirement.id === id)))
      it(`not met yet: ${id}`, () =>
        Promise.reject(
          new Error(`No requirement that applies is called "${id}". Take it off the list, or correct its name.`),
        ));
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
  throw new Error(`"${requirement.id}" ${why}. Take it off the list of requirements that are not met yet.`);
}

function skip(context: unknown, reason: string): void {
  const test = context as { skip?: (reason: string) => void } | undefined;
  test?.skip?.(reason);
}
