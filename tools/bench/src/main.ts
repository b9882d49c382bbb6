import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureAlone } from './alone.ts';
import type { Result } from './benchmark.ts';
import { loadBenchmarks } from './load-benchmarks.ts';
import { formatTable } from './table.ts';

const usage = `Usage: npm run bench -- [--json FILE] [--quick] [WORD ...]

Runs the benchmarks whose names contain one of the words, or all, each in a process of its own, and prints a
table.
--json FILE  also writes the results: an array of { name, ours, rival, unit, ratio, target, met }
--quick      fewer rounds, and a tenth of the operations where growth is measured

The Linux backend is measured against a C program in a guest: npm run lab -- bench`;

async function main(args: string[]): Promise<void> {
  const options = { json: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values, positionals: words } = parseArgs({ args, options, allowPositionals: true });
  if (values.help) return console.log(usage);

  const names = (await loadBenchmarks()).map(({ name }) => name);
  const chosen = words.length === 0 ? names : names.filter((name) => words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    console.error(`No benchmark has "${words.join('" or "')}" in its name. There are:\n${names.join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const results: Result[] = [];
  for (const name of chosen) {
    console.error(name);
    results.push(await measureAlone(name, values.quick ?? false));
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
