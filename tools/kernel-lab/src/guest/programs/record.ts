#!/usr/bin/env node
import { argumentScenarioText, formatScenario, parseScenarios, playScenario } from '@gadgetloom/conformance';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { linuxTarget } from '../shared/linux-target.ts';

const { values, report } = guestSuite({
  help: `record --helper PROGRAM

Asks the kernel that this runs on, as root, for the outcomes of scenarios that have none yet, twice, and prints them.`,
  options: { helper: NEEDED },
});

const { target, guards } = linuxTarget(values.helper);
for (const scenario of parseScenarios(argumentScenarioText(), 'arguments')) {
  await report.check(scenario.name, async () => {
    guards.length = 0;
    const [once, again] = [await playScenario(scenario, target), await playScenario(scenario, target)];
    const at = once.findIndex((outcome, index) => outcome !== again[index]);
    expect(at < 0, `${scenario.steps[at]?.operation} is ${once[at]}, and then ${again[at]}`);
    expectEqual(guards, [], 'a guard answered, not the kernel');
    console.log(formatScenario(scenario, once));
  });
}
report.end();
