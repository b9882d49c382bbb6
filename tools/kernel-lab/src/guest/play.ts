#!/usr/bin/env node
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  checkScenario,
  formatDifferences,
  formatStep,
  parseScenarios,
  type Scenario,
  type ScenarioStep,
} from '@gadgetloom/conformance';
import { EXPLAINED } from './explained-differences.ts';
import { guardsBehind, linuxTarget } from './linux-target.ts';
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
const files = positionals.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.txt'))
        .sort()
        .map((name) => join(path, name))
    : [path],
);
const [part = 1, parts = 1] = values.part.split('/').map(Number);
const scenarios = files
  .flatMap((file) => parseScenarios(readFileSync(file, 'utf8'), file))
  .filter(({ name }, index) => name.includes(values.only ?? '') && index % parts === part - 1);
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
