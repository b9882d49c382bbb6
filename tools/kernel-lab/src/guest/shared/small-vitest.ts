import { format } from 'node:util';
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';
import type { SuiteReport } from './suite-report.ts';

/** The part of vitest that the addon's tests use, for guests and processors on which vitest itself does not run. */

interface Case {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

const cases: Case[] = [];
const path: string[] = [];

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** The same as in vitest. */
export const expect: typeof chai.expect = chai.expect;

/** The same as in vitest. */
export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}

/** The same as in vitest. */
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
