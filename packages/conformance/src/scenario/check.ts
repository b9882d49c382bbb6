import type { KernelError } from '@gadgetloom/core';
import { formatStep } from './format.ts';
import { type PlayOptions, playScenario } from './play.ts';
import type { Scenario, ScenarioStep } from './scenario.ts';
import type { ScenarioTarget } from './target.ts';

/** A step that came out otherwise than the file says. */
export interface ScenarioDifference {
  /** In the file, from 1 on. */
  readonly line: number;
  readonly operation: string;
  readonly expected: string;
  readonly actual: string;
  /** Where the target refused the step: why, in its own words. */
  readonly reason?: string;
}

/** How what a target answered compares with what the file says. */
export interface ScenarioVerdict {
  readonly scenario: Scenario;
  readonly outcomes: readonly string[];
  readonly differences: readonly ScenarioDifference[];
}

/** Plays a scenario and compares every outcome that the file states. */
export async function checkScenario(
  scenario: Scenario,
  target: ScenarioTarget,
  options: PlayOptions = {},
): Promise<ScenarioVerdict> {
  const refusals = new Map<ScenarioStep, KernelError>();
  const outcomes = await playScenario(scenario, target, {
    onStep(step, outcome, refusal) {
      if (refusal !== undefined) refusals.set(step, refusal);
      options.onStep?.(step, outcome, refusal);
    },
  });
  const differences = scenario.steps.flatMap((step, index) => {
    const { line, operation, expected } = step;
    const actual = outcomes[index] ?? 'not reached';
    if (expected === undefined || expected === actual) return [];
    const reason = refusals.get(step)?.message;
    return [{ line, operation, expected, actual, ...(reason !== undefined && { reason }) }];
  });
  return { scenario, outcomes, differences };
}

/** The differences of a verdict for people: what was expected, and what came instead. */
export function formatDifferences({ scenario, differences }: ScenarioVerdict): string {
  return [
    `scenario ${scenario.name}: ${differences.length} of ${scenario.steps.length} steps differ`,
    ...differences.flatMap(({ line, operation, expected, actual, reason }) => [
      `  line ${line}`,
      `-${formatStep(operation, expected)}`,
      `+${formatStep(operation, actual)}`,
      ...(reason === undefined ? [] : [`   ${reason}`]),
    ]),
  ].join('\n');
}
