import {
  checkScenario,
  formatDifferences,
  formatStep,
  parseScenarios,
  playScenario,
  type Scenario,
  type ScenarioStep,
  type ScenarioTarget,
} from '@gadgetloom/conformance';
import { InputError } from '@gadgetloom/core';
import { type ScenarioTargetOptions, scenarioTarget } from '../../scenario-target.ts';
import { STANDARD } from '../../standard-stream.ts';
import type { Output } from '../../terminal/output.ts';
import { formatCount, plural } from '../../terminal/units.ts';
import { readTextFile, type TextFileKind } from '../../text-file.ts';

export interface PlayOptions extends ScenarioTargetOptions {
  readonly check?: boolean;
}

const KIND: TextFileKind = {
  what: 'scenario file',
  // The largest recording of the kernel has 211 kB.
  largest: 64 * 1024 * 1024,
  advice: 'Give a file with scenarios, such as one that `gadgetloom play` has printed.',
};

/**
 * `gadgetloom play`: plays scenarios and prints the outcomes, or their differences from the file.
 *
 * @returns exit status
 */
export async function play(file: string, options: PlayOptions, output: Output): Promise<number> {
  const { backend, plugin } = options;
  // The ideal controller answers like the one that was recorded.
  const target = await scenarioTarget(backend === undefined && plugin === undefined ? { backend: 'mock' } : options);
  const scenarios = parseScenarios(await readTextFile(file, KIND), file === STANDARD ? 'standard input' : file);
  if (scenarios.length === 0)
    throw new InputError(`${named(file)} holds no scenario. A scenario starts with a line "scenario NAME".`);
  return options.check ? checkAll(scenarios, file, target, output) : playAll(scenarios, target, output);
}

async function playAll(scenarios: readonly Scenario[], target: ScenarioTarget, output: Output): Promise<number> {
  for (const [index, scenario] of scenarios.entries()) {
    // Printed only after something was played, because a backend may be unable to run.
    let heading: string | undefined = `${index > 0 ? '\n' : ''}scenario ${scenario.name}`;
    const head = (): void => {
      if (heading !== undefined) output.line(heading);
      heading = undefined;
    };
    const onStep = ({ operation }: ScenarioStep, outcome: string): void => {
      head();
      output.line(formatStep(operation, outcome));
    };
    await playScenario(scenario, target, { onStep });
    head();
  }
  return 0;
}

/** @throws InputError the file has no outcomes to compare with */
async function checkAll(
  scenarios: readonly Scenario[],
  file: string,
  target: ScenarioTarget,
  output: Output,
): Promise<number> {
  const steps = scenarios.flatMap((scenario) => scenario.steps);
  const silent = steps.filter(({ expected }) => expected === undefined).length;
  if (silent === steps.length)
    throw new InputError(
      `${named(file)} has no outcomes to compare with. Play it without --check, which prints them, and save that.`,
    );
  const differing: string[] = [];
  for (const scenario of scenarios) {
    const verdict = await checkScenario(scenario, target);
    if (verdict.differences.length > 0) differing.push(formatDifferences(verdict));
  }
  for (const difference of differing) output.line(`${difference}\n`);
  const left = silent > 0 ? ` (${formatCount(silent)} without an outcome to compare)` : '';
  const all = `${plural(scenarios.length, 'scenario')}, ${plural(steps.length, 'step')}${left}`;
  const verdict =
    differing.length === 0
      ? 'as the file says'
      : `${plural(differing.length, 'scenario')} ${differing.length === 1 ? 'differs' : 'differ'}`;
  output.line(`${all}: ${verdict}`, 2);
  return differing.length === 0 ? 0 : 1;
}

const named = (file: string): string => (file === STANDARD ? 'Standard input' : `"${file}"`);
