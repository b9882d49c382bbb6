import { writeFile } from 'node:fs/promises';
import {
  coverageList,
  coverageTable,
  formatReport,
  KERNEL_SELF_TESTS,
  REQUIREMENTS,
  type RequirementGroup,
  runSuite,
} from '@gadgetloom/conformance';
import { InputError, suggestion } from '@gadgetloom/core';
import { junitReport } from '../conformance/junit-report.ts';
import { type ScenarioTargetOptions, scenarioTarget } from '../scenario-target.ts';
import type { Output } from '../terminal/output.ts';

/** Options as the command line has them. */
export interface ConformOptions extends ScenarioTargetOptions {
  readonly group?: readonly string[];
  /** Ids of requirements. */
  readonly only?: readonly string[];
  readonly json?: boolean;
  readonly junit?: string;
  readonly list?: boolean;
  readonly coverage?: boolean;
}

/** `gadgetloom conform`: whether a backend does what the kernel does, requirement by requirement. @returns exit status */
export async function conform(options: ConformOptions, output: Output): Promise<number> {
  if (options.coverage) {
    if (options.json) output.line(JSON.stringify(KERNEL_SELF_TESTS, undefined, 2));
    else output.line(`${coverageList(KERNEL_SELF_TESTS)}\n\n${coverageTable(KERNEL_SELF_TESTS)}`);
    return 0;
  }
  const groups = chosenRequirements(chosenGroups(options.group), options.only);
  if (options.list) {
    if (options.json) output.line(JSON.stringify(groups.flatMap(plainList), undefined, 2));
    else
      for (const { title, requirements } of groups) {
        output.line(title);
        for (const { id, sentence, source } of requirements) output.line(`  ${id}: ${sentence} (${source})`);
      }
    return 0;
  }
  const report = await runSuite(await scenarioTarget(options), { groups });
  if (options.junit !== undefined)
    await writeFile(options.junit, junitReport(report)).catch((cause: NodeJS.ErrnoException) => {
      throw new InputError(`The report cannot be written to "${options.junit}": ${cause.message}.`, { field: 'junit' });
    });
  if (options.json) output.line(JSON.stringify(plain(report), undefined, 2));
  else output.line(formatReport(report));
  return report.failed === 0 ? 0 : 1;
}

/** @throws InputError no such group */
function chosenGroups(names: readonly string[] | undefined): readonly RequirementGroup[] {
  const known = REQUIREMENTS.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new InputError(`There is no group "${unknown}"; there are ${known.join(', ')}.`, { field: 'group' });
  return REQUIREMENTS.filter(({ name }) => names === undefined || names.includes(name));
}

/** @throws InputError no such requirement */
function chosenRequirements(
  groups: readonly RequirementGroup[],
  ids: readonly string[] | undefined,
): readonly RequirementGroup[] {
  if (ids === undefined) return groups;
  const known = groups.flatMap(({ requirements }) => requirements.map(({ id }) => id));
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new InputError(`There is no requirement "${unknown}"${suggestion(unknown, known)} --list has them all.`, {
      field: 'only',
    });
  return groups
    .map((group) => ({ ...group, requirements: group.requirements.filter(({ id }) => ids.includes(id)) }))
    .filter(({ requirements }) => requirements.length > 0);
}

/** Requirements without the proofs. */
function plainList({ name, requirements }: RequirementGroup): object[] {
  return requirements.map(({ id, sentence, source, needs }) => ({ id, group: name, sentence, source, needs }));
}

/** A report without the proofs. */
function plain({ target, groups, passed, failed, notApplicable }: Awaited<ReturnType<typeof runSuite>>): object {
  const requirements = groups.flatMap(({ group, results }) =>
    results.map(({ requirement: { id, sentence, source }, ...result }) => ({
      ...{ id, group: group.name, sentence, source },
      ...result,
    })),
  );
  return { backend: target, passed, failed, notApplicable, requirements };
}
