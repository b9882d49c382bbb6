#!/usr/bin/env node
// A file of its own: npm links commands when it installs, and then the repository is not built yet.
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('gadgetloom is not built yet: run `npm run build` in its repository.');
  process.exitCode = 1;
}
