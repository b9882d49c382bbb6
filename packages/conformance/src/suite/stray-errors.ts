import { SECOND, SystemClock } from '@gadgetloom/core';
import { atMost } from '../scenario/deadline.ts';

/**
 * Watches for uncaught errors from timers, bus callbacks and promises that nobody awaits. Without a test runner, these
 * would end the program. The watch also reports when the event loop becomes empty.
 *
 * @returns the watch; disposing ends it
 */
export type StrayErrors = (tell: (error: Error) => void) => Disposable;

/** How long a proof may still run after a stray error, so that its later errors are not blamed on the next proof. */
const GRACE = SECOND;

const machine = new SystemClock();

/** Calls `run`, and rejects with a stray error if one comes before its end. */
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
  // An error that is thrown at the very end is reported a turn later.
  const error = first ?? (await atMost(machine, 0, stray, undefined));
  if (first !== undefined) await atMost(machine, GRACE, ended, undefined);
  if (error !== undefined) throw error;
  return running;
}
