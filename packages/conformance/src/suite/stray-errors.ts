import { SECOND, SystemClock } from '@gadgetloom/core';
import { atMost } from '../scenario/deadline.ts';

/**
 * Watches for errors that nobody catches: from timers, callbacks of the bus, promises that nobody waits for. Whoever runs
 * the suite without a test runner has them end the program otherwise. Told as well when nothing is left to wait for.
 *
 * @returns the watch; disposing ends it
 */
export type StrayErrors = (tell: (error: Error) => void) => Disposable;

/** After a stray error, what it belongs to gets so long to end by itself, so that no other is blamed for its next. */
const GRACE = SECOND;

const machine = new SystemClock();

/** Runs something; rejects with a stray error if there is one before it has come to its end. */
export async function withoutStrays<T>(run: () => Promise<T>, strays: StrayErrors | undefined): Promise<T> {
  if (strays === undefined) return run();
  let tell: (error: Error) => void = () => {};
  const stray = new Promise<Error>((resolve) => {
    tell = resolve;
  });
  using _ = strays(tell);
  const running = run();
  const ended = running.then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([stray, ended]);
  // What was thrown at the very end is told a turn later.
  const error = first ?? (await atMost(machine, 0, stray, undefined));
  if (first !== undefined) await atMost(machine, GRACE, ended, undefined);
  if (error !== undefined) throw error;
  return running;
}
