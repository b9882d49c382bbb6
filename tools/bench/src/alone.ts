import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Result } from './benchmark.ts';
import { loadBenchmarks } from './load-benchmarks.ts';
import { machine } from './machine.ts';
import { measure, QUICK, THOROUGH } from './measure.ts';

/**
 * Measures a benchmark in a process of its own. In one for all, what ran before decides how the compiler of JavaScript
 * takes what they share: twice as slow, for short transfers.
 *
 * @throws Error the process ended without a result
 */
export function measureAlone(name: string, quick: boolean): Promise<Result> {
  const child = fork(fileURLToPath(import.meta.url), [name, ...(quick ? ['quick'] : [])]);
  return new Promise((resolve, reject) => {
    child.on('message', (result) => resolve(result as Result));
    child.on('error', reject);
    child.on('exit', (status, signal) => reject(new Error(`${name}: ended with ${signal ?? `status ${status}`}`)));
  });
}

/** What that process does. */
async function run(name: string, quick: boolean): Promise<void> {
  const one = (await loadBenchmarks()).find((candidate) => candidate.name === name)!;
  process.send!(await measure(one, machine, quick ? QUICK : THOROUGH));
  process.disconnect();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv[2]!, process.argv[3] === 'quick');
