#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { argumentScenarioText, formatScenario, parseScenarios, playScenario } from '@gadgetloom/conformance';
import { linuxTarget } from './linux-target.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `record --helper PROGRAM

Asks the kernel that this runs on, as root, for the outcomes of scenarios that have none yet, twice, and prints them.`;

const { values } = parseArgs({ options: { helper: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const report = new SuiteReport();
const { target, guards } = linuxTarget(values.helper);
for (const scenario of parseScenarios(argumentScenarioText(), 'arguments')) {
  await report.check(scenario.name, async () => {
    guards.length = 0;
    const [once, again] = [await playScenario(scenario, target), await playScenario(scenario, target)];
    const at = once.findIndex((outcome, index) => outcome !== again[index]);
    if (at >= 0) throw new Error(`${scenario.steps[at]!.operation} is ${once[at]}, and then ${again[at]}`);
    if (guards.length > 0) throw new Error(`a guard answered, not the kernel: ${guards.join(' ')}`);
    console.log(formatScenario(scenario, once));
  });
}
report.end();
