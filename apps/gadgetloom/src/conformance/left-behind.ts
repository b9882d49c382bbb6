import { setImmediate } from 'node:timers/promises';

/** Standard streams: they open at their first use. */
const STREAMS = ['TTYWrap', 'PipeWrap'];

/** What keeps the program running, by kind: timers, sockets, files. */
export type Keepers = ReadonlyMap<string, number>;

/** Counts it. */
export function keepers(): Keepers {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (!STREAMS.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What there is more of than before, once what just ended is gone: `'Timeout (3)'`. */
export async function leftBehind(before: Keepers): Promise<string[]> {
  await setImmediate();
  const after = keepers();
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${kind} (${more})`);
}
