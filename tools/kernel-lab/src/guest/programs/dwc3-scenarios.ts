#!/usr/bin/env node
import { QUIRKS } from '@gadgetloom/backend-dwc3';
import { divergenceOf, formatDivergence, type Scenario } from '@gadgetloom/conformance';
import { EXPLAINED } from '../shared/explained-differences.ts';
import { OUTSIDE_HOST } from '../shared/gadgetloom-program.ts';
import { guestSuite, OPTIONAL } from '../shared/guest-suite.ts';
import { guardsBehind } from '../shared/linux-target.ts';
import { type Played, playByProgram } from '../shared/played-by-program.ts';
import { readScenarios } from '../shared/scenario-files.ts';

const { values, positionals, report } = guestSuite({
  help: `dwc3-scenarios [--only NAME] [--part K/N] FILE|FOLDER...

Plays scenarios with \`gadgetloom play\`, on Linux's dwc3 driver (--backend linux) and on that of backend-dwc3 (--backend
dwc3), both on the same hardware, and compares what it prints, step by step. Known bugs of Linux's driver are switched on in
the other one too.`,
  options: { only: OPTIONAL, part: '1/1' },
});

/** How often a scenario that differs is played: time is real here. */
const ATTEMPTS = 3;
/** Differences that the comparison of the drivers accepts, and why. */
const DWC3_EXPLAINED: Readonly<Record<string, string>> = {
  ...EXPLAINED,
  'errors-merge':
    'it asks at once, while Linux still gives back, one by one, the requests that a single End Transfer has cancelled; a moment later there is no difference',
};
const NAMES = ["Linux's driver", 'backend-dwc3'];

// Where backend-dwc3 knows better, it does as Linux's driver does: the comparison is of all the rest.
const quirks = Object.entries(QUIRKS).filter(([, { of }]) => of === 'driver');
// A core for super speed at a host for high speed, as the guest's is: composite.c asks what a controller could do.
const options = ['speed=super', 'host.maxSpeed=high', ...quirks.map(([name]) => `quirks.${name}`)];
const OURS = ['--backend', `dwc3:${options.join(',')}`];
const LINUX = ['--backend', 'linux:controller=dwc3-gadget', '--plugin', OUTSIDE_HOST];

/** Plays scenarios on both, and reports those of which there is no more to say. Gives the others. */
async function attempt(scenarios: readonly Scenario[], last: boolean): Promise<Scenario[]> {
  const linux = await playByProgram(scenarios, LINUX);
  const ours = await playByProgram(scenarios, OURS);
  return scenarios.filter((scenario) => !judge(scenario, linux.get(scenario)!, ours.get(scenario)!, last));
}

/** False, and nothing is reported, if they differ and that is not the last word. */
function judge(scenario: Scenario, linux: Played, ours: Played, last: boolean): boolean {
  const { name } = scenario;
  const trouble = linux.trouble ?? ours.trouble;
  const divergence = divergenceOf(scenario, [linux.outcomes, ours.outcomes]);
  if (divergence === undefined && trouble === undefined) {
    report.passed(name);
    return true;
  }
  const explanation = divergence && (guardsBehind(linux.guards, divergence.outcomes[0]) ?? DWC3_EXPLAINED[name]);
  if (explanation !== undefined) report.guarded(name, `at ${divergence?.operation}: ${explanation}`);
  else if (last) report.failed(name, [trouble, divergence && `\n${formatDivergence(divergence, NAMES)}`].join('\n'));
  return explanation !== undefined || last;
}

let left = await attempt(readScenarios(positionals, values.part, values.only), false);
for (let attempts = ATTEMPTS - 1; attempts > 0 && left.length > 0; attempts--)
  left = await attempt(left, attempts === 1);
report.end();
