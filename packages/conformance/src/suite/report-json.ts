import type { RequirementResult } from './check-requirement.ts';
import type { SuiteReport } from './run-suite.ts';

/** A report as data that can be written as JSON. Fields may be added; `format` changes when one changes or goes. */
export interface PlainReport {
  readonly format: 1;
  readonly backend: string;
  readonly passed: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** Results in the order of the catalogue, which `gadgetloom conform --list` shows. */
  readonly requirements: readonly PlainResult[];
}

/** The result of one requirement. */
export interface PlainResult {
  readonly id: string;
  /** Name of the requirement's group. */
  readonly group: string;
  readonly sentence: string;
  readonly source: string;
  readonly verdict: RequirementResult['verdict'];
  /** For a failed requirement: the steps as in a diff, or the error. */
  readonly difference?: string;
  /** Why the requirement does not apply. */
  readonly reason?: string;
}

/** Converts a report to data, without its proofs. Equal reports give equal data, key by key. */
export function plainReport({ target, groups, passed, failed, notApplicable }: SuiteReport): PlainReport {
  const requirements = groups.flatMap(({ group, results }) =>
    results.map(({ requirement: { id, sentence, source }, ...result }) => ({
      ...{ id, group: group.name, sentence, source },
      ...result,
    })),
  );
  return { format: 1, backend: target, passed, failed, notApplicable, requirements };
}
