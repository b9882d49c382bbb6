import { writeFile } from 'node:fs/promises';
import {
  coverageList,
  coverageTable,
  formatGroup,
  formatTotal,
  KERNEL_SELF_TESTS,
  plainReport,
  REQUIREMENTS,
  type RequirementGroup,
  runSuite,
  type SuiteReport,
} from '@gadgetloom/conformance';
import { InputError, suggestion } from '@gadgetloom/core';
import { type Keepers, keepers, leftBehind } from '../../conformance/left-behind.ts';
import { uncaughtErrors } from '../../conformance/uncaught-errors.ts';
import { type ScenarioTargetOptions, scenarioTarget } from '../../scenario-target.ts';
import type { Output } from '../../terminal/output.ts';
import { reason } from '../../unreadable.ts';
import { UsageError } from '../../usage-error.ts';

/** Options of the command line. */
export interface ConformOptions extends ScenarioTargetOptions {
  readonly group?: readonly string[];
  /** Ids of requirements. */
  readonly only?: readonly string[];
  readonly json?: boolean;
  readonly junit?: string;
  readonly list?: boolean;
  readonly coverage?: boolean;
}

/** `gadgetloom conform`: checks each requirement on a backend. @returns exit status */
export async function conform(options: ConformOptions, output: Output): Promise<number> {
  if (options.coverage) {
    if (options.json) output.line(JSON.stringify(KERNEL_SELF_TESTS, undefined, 2));
    else output.line(`${coverageList(KERNEL_SELF_TESTS)}\n\n${coverageTable(KERNEL_SELF_TESTS)}`);
    return 0;
  }
  const groups = chosenRequirements(chosenGroups(words(options.group)), words(options.only));
  if (options.list) {
    if (options.json) output.line(JSON.stringify(groups.flatMap(plainList), undefined, 2));
    else
      for (const { title, requirements } of groups) {
        output.line(title);
        for (const { id, sentence, source } of requirements) output.line(`  ${id}: ${sentence} (${source})`, 2);
      }
    return 0;
  }
  // Objects that stay for good are created by the first stack, so later stacks must leave nothing.
  let before: Keepers | undefined;
  const report = await runSuite(await scenarioTarget(options), {
    groups,
    onResult: () => {
      before ??= keepers();
    },
    strays: uncaughtErrors,
    // Printed at once, so that a backend that hangs is seen to hang in the next group.
    onGroup: (group) => options.json || output.line(formatGroup(group), 2),
  });
  if (options.json) output.line(JSON.stringify(plainReport(report), undefined, 2));
  else output.line([formatTotal(report), ...advice(report)].join('\n'), 2);
  if (options.junit !== undefined) {
    const { junitReport } = await import('../../conformance/junit-report.ts');
    await writeFile(options.junit, junitReport(report)).catch((cause: NodeJS.ErrnoException) => {
      throw new InputError(
        `The report "${options.junit}" cannot be written (${reason(cause)}). Give --junit another file.`,
        {
          field: 'junit',
        },
      );
    });
  }
  const left = before === undefined ? [] : await leftBehind(before);
  if (left.length > 0)
    output.error(`Stacks that were closed left behind: ${left.join(', ')}. Close with a stack what it opened.`);
  return report.failed === 0 && left.length === 0 ? 0 : 1;
}

/** Splits the values of an option at spaces and commas. */
const words = (values: readonly string[] | undefined): readonly string[] | undefined =>
  values?.flatMap((value) => value.replace(/,+$/, '').split(','));

/** @throws UsageError there is no such group */
function chosenGroups(names: readonly string[] | undefined): readonly RequirementGroup[] {
  const known = REQUIREMENTS.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--group is "${unknown}"${suggestion(unknown, known)} Allowed are ${known.join(', ')}.`);
  return REQUIREMENTS.filter(({ name }) => names === undefined || names.includes(name));
}

/** @throws UsageError there is no such requirement, or not among these groups */
function chosenRequirements(
  groups: readonly RequirementGroup[],
  ids: readonly string[] | undefined,
): readonly RequirementGroup[] {
  if (ids === undefined) return groups;
  const known = new Map(REQUIREMENTS.flatMap(({ name, requirements }) => requirements.map(({ id }) => [id, name])));
  for (const id of ids) {
    const group = known.get(id);
    if (group === undefined)
      throw new UsageError(
        `--only is "${id}"${suggestion(id, [...known.keys()])} \`gadgetloom conform --list\` lists the requirements.`,
      );
    if (!groups.some(({ name }) => name === group))
      throw new UsageError(`--only is "${id}", which is in the group ${group}; --group leaves that out.`);
  }
  return groups
    .map((group) => ({ ...group, requirements: group.requirements.filter(({ id }) => ids.includes(id)) }))
    .filter(({ requirements }) => requirements.length > 0);
}

/** Returns the requirements without their proofs. */
function plainList({ name, requirements }: RequirementGroup): object[] {
  return requirements.map(({ id, sentence, source, needs }) => ({ id, group: name, sentence, source, needs }));
}

/** Advises what to do about a report with failures. */
function advice({ groups }: SuiteReport): string[] {
  const failed = groups.flatMap(({ results }) => results.filter(({ verdict }) => verdict === 'failed'));
  if (failed.length < 2) return [];
  return [`Begin with the first: --only ${failed[0]!.requirement.id}`];
}
