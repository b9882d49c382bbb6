import { readFileSync } from 'node:fs';
import { parseScenarios, type Scenario } from '@gadgetloom/conformance';
import { expect } from 'vitest';

/** A step that came out otherwise than expected. */
export interface Difference {
  readonly operation: string;
  readonly expected: string;
  readonly actual: string;
}

/** Why something may differ. */
export interface Reason {
  /** First words of the row in the README of the package. */
  readonly row: string;
  /** What comes behind it in a scenario may differ as well: what is under way is something else. */
  readonly hasConsequences?: boolean;
  explains(difference: Difference): boolean;
}

/** Explains what happens at an operation, and came out like this. */
export const operation =
  (pattern: RegExp, outcomes?: (expected: string, actual: string) => boolean) =>
  (difference: Difference): boolean =>
    pattern.test(difference.operation) && (outcomes?.(difference.expected, difference.actual) ?? true);

/** The outcome of an `events` step without the event that a controller does not tell. */
export const withoutSuspend = (text: string): string => text.replace(/SUSPEND ?/, '');

/** The scenario files of the conformance package, by name. */
export const SCENARIO_FILES = [
  'functionfs-dmabuf',
  'corner-cases',
  'random-walks',
  'blocking-walks',
  'wide-walks',
  'wrong-arguments',
] as const;

/** The scenarios of one of {@link SCENARIO_FILES}. */
export function readScenarios(file: (typeof SCENARIO_FILES)[number]): readonly Scenario[] {
  const path = new URL(`../../../packages/conformance/scenarios/${file}.txt`, import.meta.url);
  return parseScenarios(readFileSync(path, 'utf8'), file);
}

/** Differences that have a reason, those that have none, and which reasons were needed. */
export class Explanations {
  readonly #reasons: readonly Reason[];
  readonly #used = new Set<Reason>();
  readonly #unexplained: string[] = [];

  constructor(reasons: readonly Reason[]) {
    this.#reasons = reasons;
  }

  /** Looks for the reason of a difference. @returns whether all that follows in the scenario may differ */
  explain(scenario: string, line: number, difference: Difference): boolean {
    const reason = this.#reasons.find((candidate) => candidate.explains(difference));
    if (reason === undefined) this.#unexplained.push(`${scenario}, line ${line}: ${JSON.stringify(difference)}`);
    else this.#used.add(reason);
    return reason?.hasConsequences === true;
  }

  /** Since this was asked last. */
  expectAllExplained(): void {
    expect(this.#unexplained.splice(0)).toEqual([]);
  }

  /** No reason is there that explains nothing, and each has its row in the README of the package. */
  expectReasonsInReadme(name: string): void {
    const readme = readFileSync(new URL(`../../../packages/${name}/README.md`, import.meta.url), 'utf8');
    expect(this.#reasons.filter((reason) => !this.#used.has(reason)).map(({ row }) => row)).toEqual([]);
    expect(this.#reasons.filter(({ row }) => !readme.includes(`| ${row}`)).map(({ row }) => row)).toEqual([]);
  }
}
