import type { ScenarioVerdict } from '../scenario/check.ts';
import { formatStep } from '../scenario/format.ts';

/** The number of differences that a report shows. Later ones are mostly consequences. */
const SHOWN = 3;

/**
 * Shows how the outcomes of a scenario differ from the expected ones. It lists the steps up to the last difference
 * shown, as in a diff, with the backend's reason for refused steps.
 */
export function scenarioDifference({ scenario: { steps }, outcomes, differences }: ScenarioVerdict): string {
  // All steps of a `given` are on one line.
  const byStep = new Map(differences.map((difference) => [`${difference.line} ${difference.operation}`, difference]));
  const last = differences[Math.min(SHOWN, differences.length) - 1];
  const lines: string[] = [];
  for (const [at, { line, operation }] of steps.entries()) {
    const difference = byStep.get(`${line} ${operation}`);
    if (difference === undefined) lines.push(` ${formatStep(operation, outcomes[at] ?? 'not reached')}`);
    else {
      const { expected, actual, reason } = difference;
      lines.push(`-${formatStep(operation, expected)}`, `+${formatStep(operation, actual)}`);
      if (reason !== undefined) lines.push(`   ${reason}`);
    }
    if (difference === last) break;
  }
  const more = differences.length - SHOWN;
  if (more > 0) lines.push(`${more} more ${more === 1 ? 'step differs' : 'steps differ'}.`);
  return lines.join('\n');
}
