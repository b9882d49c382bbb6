#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { dwc3, QUIRKS } from '@gadgetloom/backend-dwc3';
import { compareTargets, formatDivergence, piecesTarget, type Scenario } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { EXPLAINED } from './explained-differences.ts';
import { guardsBehind, linuxTarget } from './linux-target.ts';
import { readScenarios } from './scenario-files.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `dwc3-scenarios --helper PROGRAM [--only NAME] [--part K/N] FILE|FOLDER...

Plays scenarios on Linux's dwc3 driver and on that of backend-dwc3, both on the same hardware, and compares every outcome.
Known bugs of Linux's driver are switched on in the other one too.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    helper: { type: 'string' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

/** How often a scenario that differs is played: time is real here. */
const ATTEMPTS = 3;
/** What is no difference between the drivers, and why. */
const DWC3_EXPLAINED: Readonly<Record<string, string>> = {
  ...EXPLAINED,
  'errors-merge':
    'it asks at once, while Linux still gives back, one by one, the requests that a single End Transfer has cancelled; a moment later there is no difference',
};
const NAMES = ["Linux's driver", 'backend-dwc3'];

const { target: linux, guards } = linuxTarget(values.helper);
// Where backend-dwc3 knows better, it does as Linux's driver does: the comparison is of all the rest.
const quirks = Object.fromEntries(Object.entries(QUIRKS).map(([name, { of }]) => [name, of === 'driver']));
// A core for super speed at a host for high speed, as the guest's is: composite.c asks what a controller could do.
const backends = [dwc3({ speed: 'super', host: { maxSpeed: 'high' }, quirks })];
const ours = piecesTarget('dwc3', () => composePieces({ backends, backend: 'dwc3' }));
const report = new SuiteReport();

/** Plays a scenario on both. False, and nothing is reported, if they differ and that is not the last word. */
async function attempt(scenario: Scenario, last: boolean): Promise<boolean> {
  guards.length = 0;
  try {
    const divergence = await compareTargets(scenario, [linux, ours]);
    if (divergence === undefined) {
      report.passed(scenario.name);
      return true;
    }
    const explanation = guardsBehind(guards, divergence.outcomes[0]) ?? DWC3_EXPLAINED[scenario.name];
    const difference = formatDivergence(divergence, NAMES);
    if (explanation !== undefined) report.guarded(scenario.name, `at ${divergence.operation}: ${explanation}`);
    else if (!last) return false;
    else report.failed(scenario.name, `\n${difference}`);
  } catch (error) {
    report.failed(scenario.name, error);
  }
  return true;
}

for (const scenario of readScenarios(positionals, values.part, values.only)) {
  for (let left = ATTEMPTS; left > 0; left--) if (await attempt(scenario, left === 1)) break;
}
report.end();
