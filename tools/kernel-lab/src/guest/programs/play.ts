#!/usr/bin/env node
import {
  checkScenario,
  formatDifferences,
  formatStep,
  type Scenario,
  type ScenarioStep,
} from '@gadgetloom/conformance';
import { EXPLAINED } from '../shared/explained-differences.ts';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';
import { guardsBehind, linuxTarget } from '../shared/linux-target.ts';
import { readScenarios } from '../shared/scenario-files.ts';

const { values, positionals, report } = guestSuite({
  help: `play --helper PROGRAM [--only NAME] [--part K/N] [--verbose] FILE|FOLDER...

Plays scenario files against the kernel that this runs on, as root, and compares every outcome with the file's. A
scenario that does what would harm the kernel is guarded: from there on it goes another way. With --part, every Nth of them
from the Kth on.`,
  options: { helper: NEEDED, only: OPTIONAL, part: '1/1', verbose: false },
});

/** How often a scenario that differs is played. */
const ATTEMPTS = 3;

const { target, guards } = linuxTarget(values.helper);
const onStep = ({ operation }: ScenarioStep, outcome: string): void => console.log(formatStep(operation, outcome));
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
