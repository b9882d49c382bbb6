import { format } from 'node:util';
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';
import type { SuiteReport } from './suite-report.ts';

/** As much of vitest as the addon's tests use, for guests and processors that vitest itself does not run on. */

interface Case {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

const cases: Case[] = [];
const path: string[] = [];

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** As vitest has it. */
export const expect: typeof chai.expect = chai.expect;

/** As vitest has it. */
export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}

/** As vitest has it. */
export function it(name: string, run: Case['run']): void {
  cases.push({ name: [...path, name].join(' '), run });
}

it.each =
  <Row extends readonly unknown[]>(table: readonly Row[]) =>
  (name: string, run: (...row: Row) => void | Promise<void>): void => {
    for (const row of table) it(format(name, ...row.slice(0, name.split('%').length - 1)), () => run(...row));
  };

/** Runs what was described, but for tests whose name begins as one of `without`. */
export async function runCases(report: SuiteReport, without: readonly string[]): Promise<void> {
  for (const { name, run } of cases) {
    if (without.some((start) => name.startsWith(start))) console.log(`not run: ${name}`);
    else await report.check(name, run);
  }
}
