#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runCases } from './small-vitest.ts';
import { SuiteReport } from './suite-report.ts';

const HELP = `addon [--without NAME]... [--program PROGRAM] FILE

Runs the tests of the native addon, compiled into FILE, on the kernel and processor that this runs on, and PROGRAM, which
tests a part of it by itself.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    without: { type: 'string', multiple: true, default: [] },
    program: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const [file] = positionals;
if (values.help || file === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const report = new SuiteReport();
await import(pathToFileURL(resolve(file)).href);
await runCases(report, values.without);
const { program } = values;
if (program !== undefined) {
  await report.check(basename(program), () => {
    execFileSync(program, { stdio: 'inherit' });
  });
}
report.end();
