#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { openDevice } from './device.ts';
import { duel, type Setting, type Verdict, warmUp } from './duel.ts';
import { formatVerdicts, nameOf, summaryOf } from './report.ts';

const HELP = `main --pump PROGRAM --rival PROGRAM [--turns N] [--only WORDS]

Measures transfers of DMABUFs through FunctionFS against a C program, on the kernel that this runs on, as root.
--turns N     turns that count, for each row; 7 unless given
--only WORDS  only rows whose name contains them: "64 KiB", "IN", "depth 4"`;

const { values } = parseArgs({
  options: {
    pump: { type: 'string' },
    rival: { type: 'string' },
    turns: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.pump === undefined || values.rival === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const programs = { pump: values.pump, rival: values.rival };
const settings: Setting[] = [];
for (const direction of ['in', 'out'] as const)
  for (const size of [65_536, 1_048_576]) for (const depth of [1, 4]) settings.push({ direction, size, depth });
const wanted = settings.filter((setting) => nameOf(setting).includes(values.only));

const verdicts: Verdict[] = [];
await using stack = await openDevice();
for (const direction of new Set(wanted.map((setting) => setting.direction))) await warmUp(stack, programs, direction);
for (const setting of wanted) {
  const measured = await duel(stack, programs, setting, Number(values.turns));
  verdicts.push(...measured);
  for (const verdict of measured) console.error(`${nameOf(verdict)}, ${verdict.way}: ${summaryOf(verdict)}`);
}
console.log(formatVerdicts(verdicts));
