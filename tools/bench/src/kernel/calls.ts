#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { GadgetFlow } from '../gadget-flows.ts';
import { formatColumns } from '../table.ts';
import { openDevice, sideOf, startHost } from './device.ts';
import { openFlow } from './duel.ts';
import { countsOf, perTransfer } from './strace.ts';

const HELP = `calls --pump PROGRAM

Counts the system calls of each transfer in steady state, with strace, which watches all threads of this process: those of
many transfers less those of a few.`;

const SIZE = 65_536;
const [FEW, MANY] = [200, 1200];
const OUTPUT = '/tmp/strace';

const { values } = parseArgs({ options: { pump: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.pump === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

async function count(flow: GadgetFlow, transfers: number): Promise<Map<string, number>> {
  const strace = spawn('strace', ['-f', '-c', '-o', OUTPUT, '-p', String(process.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(strace, 'exit');
  // It says so when it watches.
  await Promise.race([once(strace.stderr!, 'data'), ended]);
  if (strace.exitCode !== null) throw new Error(`strace ended with status ${strace.exitCode}`);
  await flow.run(transfers);
  strace.kill('SIGINT');
  await ended;
  return countsOf(readFileSync(OUTPUT, 'utf8'));
}

const rows = [['system calls per transfer', 'in all', 'which']];
await using stack = await openDevice();
for (const [way, direction, depth] of [
  ['streams', 'in', 1],
  ['streams', 'in', 4],
  ['streams', 'out', 4],
  ['endpoint', 'in', 4],
] as const) {
  await using _host = await startHost(stack, values.pump, direction, SIZE);
  const flow = openFlow(way, direction, await sideOf(stack, direction, SIZE, depth), SIZE);
  await flow.run(FEW);
  const few = await count(flow, FEW);
  const calls = perTransfer(few, await count(flow, MANY), MANY - FEW);
  await flow.close();
  const all = calls.reduce((sum, [, each]) => sum + each, 0);
  const which = calls.filter(([, each]) => each >= 0.01).map(([name, each]) => `${name} ${each.toFixed(2)}`);
  rows.push([`64 KiB ${direction.toUpperCase()} depth ${depth}, ${way}`, all.toFixed(2), which.join(', ')]);
}
console.log(formatColumns(rows));
