#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { guestSuite, NEEDED } from '../shared/guest-suite.ts';
import { runCases } from '../shared/small-vitest.ts';

const { values, positionals, report } = guestSuite({
  help: `addon [--without NAME]... --program PROGRAM FILE

Runs the tests of the native addon, compiled into FILE, on the kernel and processor of this guest, and PROGRAM, which
tests a part of the addon by itself.`,
  options: { without: [], program: NEEDED },
});

const [file = ''] = positionals;
await import(pathToFileURL(resolve(file)).href);
await runCases(report, values.without);
await report.check(basename(values.program), () => {
  execFileSync(values.program, { stdio: 'inherit' });
});
report.end();
