#!/usr/bin/env node
import { parseArgs } from 'node:util';
import {
  checkScenario,
  formatDifferences,
  formatStep,
  type Scenario,
  type ScenarioStep,
} from '@gadgetloom/conformance';
import { EXPLAINED } from './explained-differences.ts';
import { guardsBehind, linuxTarget } from './linux-target.ts';
import { readScenarios } from './scenario-files.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `play --helper PROGRAM [--only NAME] [--part K/N] [--verbose] FILE|FOLDER...

Plays scenario files against the kernel that this runs on, as root, and compares every outcome with the file's. A
scenario that does what would harm the kernel is guarded: from there on it goes another way. With --part, every Nth of them
from the Kth on.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    helper: { type: 'string' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    verbose: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

/** How often a scenario that differs is played. */
const ATTEMPTS = 3;

const { target, guards } = linuxTarget(values.helper);
const onStep = ({ operation }: ScenarioStep, outcome: string): void => console.log(formatStep(operation, outcome));
const report = new SuiteReport();
const scenarios = readScenarios(positionals, values.part, values.only);
for (const scenario of scenarios) {
  // Time is real here: on a busy machine something may come too late for its scenario.
  for (let left = ATTEMPTS; left > 0; left--) if (await attempt(scenario, left === 1)) break;
}
report.end();

/** Plays a scenario. False, and nothing is reported, if it differs and that is not the last word. */
async function attempt(scenario: Scenario, last: boolean): Promise<boolean> {
  guards.length = 0;
  try {
    const verdict = await checkScenario(scenario, target, values.verbose ? { onStep } : {});
    const [first] = verdict.differences;
    const why = first === undefined ? undefined : guardsBehind(guards, first.actual);
    const explanation = why ?? EXPLAINED[scenario.name];
    if (first === undefined) report.passed(scenario.name);
    else if (explanation !== undefined)
      report.guarded(scenario.name, `at line ${first.line}, ${first.operation}: ${explanation}`);
    else if (!last) return false;
    else report.failed(scenario.name, formatDifferences(verdict));
  } catch (error) {
    report.failed(scenario.name, error);
  }
  return true;
}
