#!/usr/bin/env node
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatColumns } from '../table.ts';
import { type Direction, IDS } from './device.ts';
import { countsOf, perTransfer } from './strace.ts';

const HELP = `calls --pump PROGRAM

Counts the system calls of each transfer in steady state, with strace: those of a longer run less those of a shorter one.`;

const SIZE = 65_536;
const [FEW, MANY] = [400, 1600];
const STEADY = new URL('steady.js', import.meta.url).pathname;
const OUTPUT = '/tmp/strace';

const { values } = parseArgs({ options: { pump: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.pump === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

async function count(pump: string, way: string, direction: Direction, depth: number, transfers: number) {
  const host = spawn(pump, [...IDS, direction, String(SIZE), '8'], { stdio: 'ignore' });
  const traced = [STEADY, '--way', way, '--direction', direction, '--size', String(SIZE), '--depth', String(depth)];
  const args = ['-f', '-c', '-o', OUTPUT, process.execPath, ...traced, '--transfers', String(transfers)];
  const { status } = spawnSync('strace', args, { stdio: 'inherit' });
  const ended = once(host, 'exit');
  host.kill('SIGKILL');
  await ended;
  if (status !== 0) throw new Error(`strace ended with status ${status}`);
  return countsOf(readFileSync(OUTPUT, 'utf8'));
}

const rows = [['system calls per transfer', 'in all', 'which']];
for (const [way, direction, depth] of [
  ['streams', 'in', 1],
  ['streams', 'in', 4],
  ['streams', 'out', 4],
  ['endpoint', 'in', 4],
] as const) {
  const few = await count(values.pump, way, direction, depth, FEW);
  const many = await count(values.pump, way, direction, depth, MANY);
  const calls = perTransfer(few, many, MANY - FEW);
  const all = calls.reduce((sum, [, each]) => sum + each, 0);
  const which = calls.filter(([, each]) => each >= 0.01).map(([name, each]) => `${name} ${each.toFixed(2)}`);
  rows.push([`64 KiB ${direction.toUpperCase()} depth ${depth}, ${way}`, all.toFixed(2), which.join(', ')]);
}
console.log(formatColumns(rows));
