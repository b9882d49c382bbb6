#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { REQUIREMENTS, runSuite } from '@gadgetloom/conformance';
import { linuxTarget } from './linux-target.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `conform --helper PROGRAM [--part K/N]

Holds the Linux backend, on the kernel that this runs on, as root, against every requirement of the conformance suite. With
--part, against every Nth of them from the Kth on.`;

const { values } = parseArgs({
  options: { helper: { type: 'string' }, part: { type: 'string', default: '1/1' }, help: { type: 'boolean' } },
});
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const [first = 1, parts = 1] = values.part.split('/').map(Number);
const groups = REQUIREMENTS.map((group) => ({
  ...group,
  requirements: group.requirements.filter((_, index) => index % parts === first - 1),
}));
const report = new SuiteReport();
const { target } = linuxTarget(values.helper);
await runSuite(target, {
  groups,
  onResult: (result) => {
    const { id, source } = result.requirement;
    if (result.verdict === 'passed') report.passed(id);
    if (result.verdict === 'failed') report.failed(id, `${result.difference}\nSource: ${source}`);
  },
});
report.end();
