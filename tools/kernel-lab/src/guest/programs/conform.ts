#!/usr/bin/env node
import { REQUIREMENTS, runSuite } from '@gadgetloom/conformance';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { linuxTarget } from '../shared/linux-target.ts';

const { values, report } = guestSuite({
  help: `conform --helper PROGRAM [--part K/N]

Holds the Linux backend, on the kernel that this runs on, as root, against every requirement of the conformance suite. With
--part, against every Nth of them from the Kth on.`,
  options: { helper: NEEDED, part: '1/1' },
});

const [first = 1, parts = 1] = values.part.split('/').map(Number);
const groups = REQUIREMENTS.map((group) => ({
  ...group,
  requirements: group.requirements.filter((_, index) => index % parts === first - 1),
}));
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
