#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { runSuite } from '@gadgetloom/conformance';
import { linuxTarget } from './linux-target.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `conform --helper PROGRAM

Holds the Linux backend, on the kernel that this runs on, as root, against every requirement of the conformance suite.`;

const { values } = parseArgs({ options: { helper: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const report = new SuiteReport();
const { target } = linuxTarget(values.helper);
await runSuite(target, {
  onResult: (result) => {
    const { id, source } = result.requirement;
    if (result.verdict === 'passed') report.passed(id);
    if (result.verdict === 'failed') report.failed(id, `${result.difference}\nSource: ${source}`);
  },
});
report.end();
