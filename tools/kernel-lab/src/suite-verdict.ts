import type { RunResult } from './machine/machine.ts';

/** The number of checks with each outcome. */
export interface Sum {
  readonly passed: number;
  /** Refused by a guard, for the kernel's sake. */
  readonly guarded: number;
  readonly failed: number;
}

/** The verdict on one run of a suite. */
export interface SuiteVerdict extends Sum {
  /** What the suite cannot say itself, because its guest was not well; each counts as a failed check. */
  readonly troubles: readonly string[];
  /** The kernel complained. */
  readonly complained: boolean;
}

const LAST_LINE = /^(\d+) passed, (\d+) guarded, (\d+) failed$/;

/** Lines of output that show how far a suite came. */
const TAIL = 10;

/**
 * Judges a run by the last line of the suite, and by how the guest was: one that hung, died, or whose kernel complained
 * is a failed check, whatever the suite said.
 */
export function judge(printed: readonly string[], { status, faults, hung, duration }: RunResult): SuiteVerdict {
  const [, ...counts] = printed.findLast((line) => LAST_LINE.test(line))?.match(LAST_LINE) ?? [];
  const [passed = 0, guarded = 0, failed = 0] = counts.map(Number);
  const troubles: string[] = [];
  if (faults.length > 0) troubles.push(`the kernel complained:\n${faults.join('\n')}`);
  const ended = hung
    ? `the guest hung, and was stopped after ${duration.toFixed(0)} s`
    : status === undefined
      ? `the guest died after ${duration.toFixed(0)} s`
      : `the program ended with status ${status}`;
  if (counts.length === 0)
    troubles.push(`${ended}, without a sum; its last lines:\n${printed.slice(-TAIL).join('\n')}`);
  else if (hung || status === undefined) troubles.push(`${ended}, after the sum`);
  else if (status !== (failed > 0 ? 1 : 0)) troubles.push(`${ended}, and ${failed} checks failed`);
  else if (passed + guarded + failed === 0) troubles.push('the suite had nothing to check');
  return { passed, guarded, failed: failed + troubles.length, troubles, complained: faults.length > 0 };
}

/** Adds up. */
export function total(sums: readonly Sum[]): Sum {
  return sums.reduce(
    (sum, { passed, guarded, failed }) => ({
      passed: sum.passed + passed,
      guarded: sum.guarded + guarded,
      failed: sum.failed + failed,
    }),
    { passed: 0, guarded: 0, failed: 0 },
  );
}
