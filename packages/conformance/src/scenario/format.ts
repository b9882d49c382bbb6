import type { Scenario } from './scenario.ts';

/** One step as a line of a scenario file: `  bind                                     => 0`. */
export function formatStep(operation: string, outcome: string): string {
  return `  ${operation.padEnd(40)} => ${outcome}`;
}

/** A whole scenario with the outcomes given, in the format that {@link parseScenarios} reads. */
export function formatScenario(scenario: Scenario, outcomes: readonly string[]): string {
  const lines = scenario.steps.map(({ operation }, index) => formatStep(operation, outcomes[index] ?? ''));
  return [`scenario ${scenario.name}`, ...lines, ''].join('\n');
}
