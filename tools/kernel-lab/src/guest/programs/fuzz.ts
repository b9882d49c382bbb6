#!/usr/bin/env node
import { randomInt } from 'node:crypto';
import { mock } from '@gadgetloom/backend-mock';
import { formatDivergence, fuzz, piecesTarget } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';
import { guardsBehind, linuxTarget } from '../shared/linux-target.ts';

const { values, report } = guestSuite({
  help: `fuzz --helper PROGRAM [--seeds COUNT] [--seed FIRST] [--steps COUNT] [--part K/N]

Walks randomly on the simulated kernel and on the one that this runs on, as root. Where they differ one of them is wrong,
and the shortest scenario that shows it is printed. Where a guard refuses what would harm the kernel, the walk ends.`,
  options: { helper: NEEDED, seeds: 20, seed: OPTIONAL, steps: 60, part: '1/1' },
});

const [, parts = 1] = values.part.split('/').map(Number);
const count = Math.ceil(values.seeds / parts);
const first = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
console.log(`seeds ${first} to ${first + count - 1}, ${values.steps} steps each`);
const { target, guards } = linuxTarget(values.helper);
const model = piecesTarget('mock', () => composePieces({ plugins: [mock({ speed: 'high' })] }));
/** How a transfer of the host ends at unbind: the kernel itself gives one or the other, as it comes. */
const RACE = new Set(['ESHUTDOWN', 'EPROTO']);
/** How often a walk that differs is taken. */
const ATTEMPTS = 3;

for (let seed = first; seed < first + count; seed++) {
  // Time is real here: on a busy machine a host's request may come too late for its step.
  for (let left = ATTEMPTS; left > 0; left--) if (await walk(seed, left === 1)) break;
}
report.end();

/** Takes a walk. False, and nothing is reported, if the two differ and that is not the last word. */
async function walk(seed: number, last: boolean): Promise<boolean> {
  let guarded: string | undefined;
  guards.length = 0;
  const { divergence } = await fuzz([model, target], {
    seeds: [seed],
    steps: values.steps,
    judge: ({ verb }, [expected, outcome]) => {
      if (verb === 'join' && RACE.has(expected) && RACE.has(outcome)) return 'same';
      guarded = guardsBehind(guards, outcome);
      guards.length = 0;
      return guarded === undefined ? 'different' : 'end';
    },
  });
  const name = `walk ${seed}`;
  if (divergence === undefined) {
    if (guarded === undefined) report.passed(name);
    else report.guarded(name, guarded);
  } else if (last) report.failed(name, `\n${formatDivergence(divergence, ['mock', 'linux'])}`);
  return divergence === undefined || last;
}
