import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  checkScenario,
  formatDifferences,
  formatStep,
  parseScenarios,
  piecesTarget,
  playScenario,
  type ScenarioTarget,
} from '@gadgetloom/conformance';
import { InputError } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { knownBackends } from '../backends.ts';
import type { Output } from '../terminal/output.ts';
import { plural } from '../terminal/units.ts';

export interface PlayOptions {
  readonly backend?: string;
  readonly check?: boolean;
}

/** `gadgetloom play`: plays scenarios and prints what came of them, or how that differs from what the file says. */
export async function play(file: string, { backend, check }: PlayOptions, output: Output): Promise<number> {
  const scenarios = parseScenarios(await readScenarios(file), file);
  if (scenarios.length === 0)
    throw new InputError(`"${file}" holds no scenario. One starts with a line "scenario NAME".`);
  // The recordings are of a high-speed controller.
  const backends = knownBackends({ speed: 'high' });
  const target: ScenarioTarget = piecesTarget(backend ?? 'default', () => composePieces({ backends, backend }));
  if (check) {
    const differing: string[] = [];
    let steps = 0;
    for (const scenario of scenarios) {
      const verdict = await checkScenario(scenario, target);
      steps += scenario.steps.length;
      if (verdict.differences.length > 0) differing.push(formatDifferences(verdict));
    }
    for (const difference of differing) output.line(`${difference}\n`);
    const all = `${plural(scenarios.length, 'scenario')}, ${plural(steps, 'step')}`;
    output.line(
      differing.length === 0 ? `${all}: as the file says` : `${all}: ${plural(differing.length, 'scenario')} differ`,
    );
    return differing.length === 0 ? 0 : 1;
  }
  for (const [index, scenario] of scenarios.entries()) {
    output.line(`${index > 0 ? '\n' : ''}scenario ${scenario.name}`);
    await playScenario(scenario, target, {
      onStep: ({ operation }, outcome) => output.line(formatStep(operation, outcome)),
    });
  }
  return 0;
}

async function readScenarios(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`The scenario file "${file}" cannot be read (${cause.code}).`, {}, { cause });
  });
}
