import type { Clock } from '@gadgetloom/core';

/**
 * Waits for something, but not longer than so many nanoseconds of a clock.
 *
 * @param late what it comes to then
 */
export async function atMost<T, L>(clock: Clock, time: number, something: Promise<T>, late: L): Promise<T | L> {
  let expire: (value: L) => void = () => {};
  const expired = new Promise<L>((resolve) => {
    expire = resolve;
  });
  const timer = clock.setTimer(time, () => expire(late));
  try {
    return await Promise.race([something, expired]);
  } finally {
    timer.cancel();
  }
}
