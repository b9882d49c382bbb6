import { REQUIREMENTS } from '../catalogue.ts';
import type { RequirementGroup } from '../requirements/requirement.ts';
import type { ScenarioTarget } from '../scenario/target.ts';
import { checkRequirement, featuresOf, type RequirementResult } from './check-requirement.ts';
import { type StrayErrors, withoutStrays } from './stray-errors.ts';

/** How to run the suite. */
export interface SuiteOptions {
  /** Default: all groups. */
  readonly groups?: readonly RequirementGroup[];
  /** Called after each requirement. */
  readonly onResult?: (result: RequirementResult, group: RequirementGroup) => void;
  /** Called after each group. */
  readonly onGroup?: (report: GroupReport) => void;
  /** Watches for errors that nobody catches; they fail the requirement that is being checked. */
  readonly strays?: StrayErrors | undefined;
}

/** The results of a group. */
export interface GroupReport {
  readonly group: RequirementGroup;
  readonly results: readonly RequirementResult[];
}

/** The results of the suite on one backend. */
export interface SuiteReport {
  readonly target: string;
  readonly groups: readonly GroupReport[];
  readonly passed: number;
  readonly failed: number;
  readonly notApplicable: number;
}

/** Checks every requirement on a target, without a test runner. */
export async function runSuite(target: ScenarioTarget, options: SuiteOptions = {}): Promise<SuiteReport> {
  const { groups = REQUIREMENTS, onResult, onGroup, strays } = options;
  const features = await withoutStrays(() => featuresOf(target), strays);
  const reports: GroupReport[] = [];
  for (const group of groups) {
    const results: RequirementResult[] = [];
    for (const requirement of group.requirements) {
      const result = await checkRequirement(requirement, target, features, strays);
      results.push(result);
      onResult?.(result, group);
    }
    reports.push({ group, results });
    onGroup?.({ group, results });
  }
  const all = reports.flatMap(({ results }) => results);
  const count = (verdict: RequirementResult['verdict']): number =>
    all.filter((each) => each.verdict === verdict).length;
  return {
    ...{ target: target.name, groups: reports, passed: count('passed'), failed: count('failed') },
    notApplicable: count('not applicable'),
  };
}
