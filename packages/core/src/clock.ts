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
 * The time that a stack lives in. Models never look at the machine's clock: they are given one of these.
 *
 * All times are nanoseconds as plain numbers (exact for 104 days).
 */
export interface Clock {
  /** Nanoseconds since the clock was made. Never goes backwards. */
  now(): number;
  /**
   * Calls back once, not before `delay` nanoseconds (at least 0) have passed, and never from inside this call.
   * With a delay of `Infinity` it never calls back.
   */
  setTimer(delay: number, callback: () => void): Timer;
  /** Calls back soon, before time moves on and never from inside this call; jobs run in the order they were deferred. */
  defer(job: () => void): void;
  /**
   * Calls `work`, and directly after it what it deferred: for callbacks of the event loop, which have nobody's call around
   * them. It spares a microtask for each. Only clocks of the machine have it.
   */
  turn?(work: () => void): void;
}

/** Resolves when `delay` nanoseconds of `clock` have passed. */
export function sleep(clock: Clock, delay: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delay, resolve);
  });
}
