import { readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { benchmarks, type Result } from './benchmark.ts';
import { type Machine, measure, QUICK, THOROUGH } from './measure.ts';
import { formatTable } from './table.ts';

const usage = `Usage: npm run bench -- [--json FILE] [--quick] [WORD ...]

Runs the benchmarks whose names contain one of the words, or all, and prints a table.
--json FILE  also writes the results: an array of { name, ours, rival, unit, ratio, target, met }
--quick      fewer rounds, and a tenth of the operations where growth is measured

The Linux backend is measured against a C program in a guest: npm run lab -- bench`;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const machine: Machine = {
  // Time on the processor: what else the machine does takes the processor away, and would count on a wall clock.
  now: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  heap: () => {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  },
};

async function main(args: string[]): Promise<void> {
  const options = { json: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values, positionals: words } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return console.log(usage);

  for (const file of readdirSync(import.meta.dirname).sort())
    if (file.endsWith('.bench.js')) await import(new URL(file, import.meta.url).href);
  const results: Result[] = [];
  for (const one of benchmarks) {
    if (words.length > 0 && !words.some((word) => one.name.includes(word))) continue;
    console.error(one.name);
    results.push(await measure(one, machine, values.quick ? QUICK : THOROUGH));
  }
  console.log(formatTable(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(
    'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${usage}` : error,
  );
  process.exitCode = 1;
});
