import type { RequirementResult } from './check-requirement.ts';
import type { SuiteReport } from './run-suite.ts';

/** A report as data that can be written as JSON. Fields may be added; `format` changes when one changes or goes. */
export interface PlainReport {
  readonly format: 1;
  readonly backend: string;
  readonly passed: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** In the order of the catalogue, which is that of `gadgetloom conform --list`. */
  readonly requirements: readonly PlainResult[];
}

/** What came of one requirement. */
export interface PlainResult {
  readonly id: string;
  /** Name of its group. */
  readonly group: string;
  readonly sentence: string;
  readonly source: string;
  readonly verdict: RequirementResult['verdict'];
  /** Of one that failed: steps as in a diff, or what was thrown. */
  readonly difference?: string;
  /** Of one that does not apply. */
  readonly reason?: string;
}

/** A report without its proofs. The same report gives the same data, key by key. */
export function plainReport({ target, groups, passed, failed, notApplicable }: SuiteReport): PlainReport {
  const requirements = groups.flatMap(({ group, results }) =>
    results.map(({ requirement: { id, sentence, source }, ...result }) => ({
      ...{ id, group: group.name, sentence, source },
      ...result,
    })),
  );
  return { format: 1, backend: target, passed, failed, notApplicable, requirements };
}
