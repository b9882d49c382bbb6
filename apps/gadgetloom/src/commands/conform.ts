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
  type ScenarioTarget,
} from '@gadgetloom/conformance';
import { InputError, suggestion } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { backendOption } from '../backend-option.ts';
import { knownBackends } from '../backends.ts';
import { junitReport } from '../conformance/junit-report.ts';
import { loadPlugins } from '../plugin-modules.ts';
import type { Output } from '../terminal/output.ts';

/** Options as the command line has them. */
export interface ConformOptions {
  readonly backend?: string;
  /** Modules; see {@link loadPlugins}. */
  readonly plugin?: readonly string[];
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
  const report = await runSuite(await chosenTarget(options), { groups });
  if (options.junit !== undefined)
    await writeFile(options.junit, junitReport(report)).catch((cause: NodeJS.ErrnoException) => {
      throw new InputError(`The report cannot be written to "${options.junit}": ${cause.message}.`, { field: 'junit' });
    });
  if (options.json) output.line(JSON.stringify(plain(report), undefined, 2));
  else output.line(formatReport(report));
  return report.failed === 0 ? 0 : 1;
}

/** @throws InputError there is no such backend or plugin, or both are given */
async function chosenTarget({ backend: name, plugin }: ConformOptions): Promise<ScenarioTarget> {
  if (plugin !== undefined) {
    if (name !== undefined) throw new InputError('Give either --backend or --plugin.', { field: 'plugin' });
    const plugins = await loadPlugins(plugin);
    return piecesTarget(plugins.map((each) => each.name).join(' + '), () => composePieces({ plugins }));
  }
  // The requirements are those of a high-speed bus.
  const backends = knownBackends({ speed: 'high' });
  const backend = backendOption(name, backends);
  return piecesTarget(backend ?? backends[0]!.name, () => composePieces({ backends, backend }));
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
