import { formatStep } from './format.ts';
import { type PlayOptions, playScenario } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioTarget } from './target.ts';

/** A step that came out otherwise than the file says. */
export interface ScenarioDifference {
  /** In the file, from 1 on. */
  readonly line: number;
  readonly operation: string;
  readonly expected: string;
  readonly actual: string;
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
  const outcomes = await playScenario(scenario, target, options);
  const differences = scenario.steps.flatMap(({ line, operation, expected }, index) => {
    const actual = outcomes[index] ?? 'not reached';
    return expected === undefined || expected === actual ? [] : [{ line, operation, expected, actual }];
  });
  return { scenario, outcomes, differences };
}

/** The differences of a verdict for people: what was expected, and what came instead. */
export function formatDifferences({ scenario, differences }: ScenarioVerdict): string {
  return [
    `scenario ${scenario.name}: ${differences.length} of ${scenario.steps.length} steps differ`,
    ...differences.flatMap(({ line, operation, expected, actual }) => [
      `  line ${line}`,
      `-${formatStep(operation, expected)}`,
      `+${formatStep(operation, actual)}`,
    ]),
  ].join('\n');
}
