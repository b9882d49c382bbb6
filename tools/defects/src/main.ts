#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { DEFECTS } from './catalogue.ts';
import { examine } from './examine.ts';
import { bundleSuspects } from './suspects.ts';
import { formatTable, judge } from './verdict.ts';

const HELP = `npm run defects [-- [--all] [DEFECT ...]]

Puts defects into the model of the kernel, one at a time, and looks whether the conformance suite finds them: by the
requirement that each defect names, or, with --all, by any. Prints a table, and what is not found.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, help: { type: 'boolean' } },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.find((id) => !DEFECTS.some((defect) => defect.id === id));
  if (unknown !== undefined) {
    console.error(`There is no defect "${unknown}".`);
    return 1;
  }
  const defects = DEFECTS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  using suspects = await bundleSuspects(defects);
  const verdicts = [];
  for (const defect of defects) {
    const requirement = values.all ? undefined : defect.foundBy;
    const verdict = judge(defect, await examine(suspects.program, { defect: defect.id, requirement }));
    verdicts.push(verdict);
    if (verdict.fault !== undefined) console.error(`${defect.id}: ${verdict.fault}`);
  }
  const found = verdicts.filter(({ fault }) => fault === undefined);
  console.log(formatTable(verdicts));
  console.log(`\n${found.length} of ${defects.length} defects found.`);
  return found.length === defects.length ? 0 : 1;
}

process.exitCode = await main();
