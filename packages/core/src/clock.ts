/** One second, millisecond and microsecond in the unit of every clock: nanoseconds. */
export const SECOND = 1_000_000_000;
/** In nanoseconds. */
export const MILLISECOND = 1_000_000;
/** In nanoseconds. */
export const MICROSECOND = 1_000;

/** A pending timer. Cancelling it twice, or after it fired, is harmless. */
export interface Timer {
  /** Keeps it from firing. */
  cancel(): void;
}

/**
 * The time of a stack. Models take a clock instead of reading the machine's.
 *
 * All times are nanoseconds as plain numbers (exact for 104 days).
 */
export interface Clock {
  /** Nanoseconds since the clock was made. Never goes backwards. */
  now(): number;
  /**
   * Calls back once, after at least `delay` nanoseconds (0 or more), and never from inside this call. A delay of `Infinity`
   * never ends.
   */
  setTimer(delay: number, callback: () => void): Timer;
  /** Calls back soon, before time moves on and never from inside this call; jobs run in the order they were deferred. */
  defer(job: () => void): void;
  /**
   * Calls `work`, and directly after it the jobs that it deferred. Callbacks of the event loop use it, because no other call
   * is under way there; it saves a microtask for each job. Only clocks of the machine have it.
   */
  turn?(work: () => void): void;
}

/** Resolves when `delay` nanoseconds of `clock` have passed. */
export function sleep(clock: Clock, delay: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delay, resolve);
  });
}
