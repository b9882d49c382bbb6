import { writeFile } from 'node:fs/promises';
import {
  coverageList,
  coverageTable,
  formatReport,
  KERNEL_SELF_TESTS,
  piecesTarget,
  REQUIREMENTS,
  type RequirementGroup,
  runSuite,
} from '@gadgetloom/conformance';
import { InputError } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { backendOption } from '../backend-option.ts';
import { knownBackends } from '../backends.ts';
import { junitReport } from '../conformance/junit-report.ts';
import type { Output } from '../terminal/output.ts';

/** Options as the command line has them. */
export interface ConformOptions {
  readonly backend?: string;
  readonly group?: readonly string[];
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
  const groups = chosenGroups(options.group);
  if (options.list) {
    for (const { title, requirements } of groups) {
      output.line(title);
      for (const { id, sentence, source } of requirements) output.line(`  ${id}: ${sentence} (${source})`);
    }
    return 0;
  }
  // The requirements are those of a high-speed bus.
  const backends = knownBackends({ speed: 'high' });
  const backend = backendOption(options.backend, backends);
  const target = piecesTarget(backend ?? backends[0]!.name, () => composePieces({ backends, backend }));
  const report = await runSuite(target, { groups });
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
