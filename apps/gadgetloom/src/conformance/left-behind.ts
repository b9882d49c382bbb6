import { setImmediate } from 'node:timers/promises';

/** Handles of standard streams, which open at their first use. */
const STREAMS = ['TTYWrap', 'PipeWrap'];

/** The resources that keep the program running, by kind: timers, sockets, files. */
export type Keepers = ReadonlyMap<string, number>;

/** Counts the resources that keep the program running. */
export function keepers(): Keepers {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (!STREAMS.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Lists the kinds of which there are more than before, after closed ones are gone: `'Timeout (3)'`. */
export async function leftBehind(before: Keepers): Promise<string[]> {
  await setImmediate();
  const after = keepers();
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${kind} (${more})`);
}
