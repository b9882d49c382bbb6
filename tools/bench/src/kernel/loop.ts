#!/usr/bin/env node
import { createHook } from 'node:async_hooks';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { loadAddon } from '@gadgetloom/linux-native';
import { formatColumns } from '../table.ts';
import { endpointOf, openDevice, sideOf, startHost } from './device.ts';
import { openFlow } from './duel.ts';
import { Rival } from './processes.ts';

const HELP = `loop --pump PROGRAM --rival PROGRAM

Shows that transfers do not block the event loop: the longest native call of each kind, the longest wake-up with all that
it does, how late timers were at most, and how long the same calls of the C program took. Counts the promises that are made for each transfer.`;

const { values } = parseArgs({
  options: { pump: { type: 'string' }, rival: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help || values.pump === undefined || values.rival === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const MIB = 1 << 20;
const DEPTH = 4;
const COMPILED_AFTER = 600;
const WAKE_UP = 'a wake-up with all that it does';
const TRANSFERS = 300;
const MOST = 1000;

/** Longest duration of each native function, in microseconds, since the last look. */
const longest = new Map<string, number>();
const addon = loadAddon() as unknown as Record<string, unknown>;
for (const [name, native] of Object.entries(addon)) {
  if (typeof native !== 'function' || name === 'Poller' || name === 'Aio') continue;
  addon[name] = (...words: unknown[]): unknown => {
    const start = performance.now();
    const result = native(...words);
    const took = (performance.now() - start) * 1000;
    const label = name === 'ioctl' ? (addon.requests as readonly string[])[words[1] as number]! : name;
    longest.set(label, Math.max(longest.get(label) ?? 0, took));
    return result;
  };
}

const rows = [['1 MiB, depth 4', 'longest', `<= ${MOST} us`]];
const row = (what: string, microseconds: number, judged = true): void => {
  const verdict = microseconds <= MOST ? 'yes' : 'NO';
  rows.push([what, `${microseconds.toFixed(0)} us`, judged ? verdict : '']);
};

/**
 * How late timers were at most. Host and gadget share the guest's processor, so that they are late for other reasons as
 * well: what it is while the C program transfers, and this process has nothing to do, is what transfers do not add.
 */
async function lateness(what: string, run: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await run();
  delay.disable();
  rows.push([what, `${Math.max(delay.max / 1000 - 1000, 0).toFixed(0)} us`, '']);
}

/** Promises that are made per transfer, beside the one of the run itself. */
async function promises(what: string, run: () => Promise<unknown>): Promise<void> {
  let made = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'PROMISE') made++;
    },
  });
  hook.enable();
  const over = run();
  made = 0;
  await over;
  hook.disable();
  rows.push([what, (made / TRANSFERS).toFixed(2), '']);
}

await using stack = await openDevice();
const { clock } = stack;
const turn = clock.turn!.bind(clock);
/**
 * Each wake-up is a turn of the clock: whatever becomes of transfers that are over, to the streams' subscribers. It is not
 * judged: the compiler, the collector and the other processes of a guest with one processor are in it.
 */
clock.turn = (work): void => {
  const start = performance.now();
  turn(work);
  const took = (performance.now() - start) * 1000;
  longest.set(WAKE_UP, Math.max(longest.get(WAKE_UP) ?? 0, took));
};
for (const direction of ['in', 'out'] as const) {
  const wire = direction.toUpperCase();
  await using _host = await startHost(stack, values.pump, direction, MIB);
  longest.clear();
  const flow = openFlow('streams', direction, await sideOf(stack, direction, MIB, DEPTH), MIB);
  await flow.run(DEPTH);
  for (const [call, took] of longest) row(`${wire} set-up, ${call}`, took, call !== WAKE_UP);
  await flow.run(COMPILED_AFTER);
  longest.clear();
  await flow.run(TRANSFERS);
  for (const [call, took] of longest) row(`${wire} transfers, ${call}`, took, call !== WAKE_UP);
  await lateness(`${wire} transfers, timers were late by`, () => flow.run(TRANSFERS));
  await promises(`${wire} transfers, promises made for each`, () => flow.run(TRANSFERS));
  await flow.close();
  await using rival = new Rival(values.rival, endpointOf(stack, direction), MIB, DEPTH);
  await lateness(`${wire} in C, timers were late by`, () => rival.run(TRANSFERS));
  for (const [call, seconds] of Object.entries(await rival.timed(TRANSFERS)))
    row(`${wire} in C, ${call}`, seconds * 1e6);
}
console.log(formatColumns(rows));
