import type { Clock } from '@gadgetloom/core';
import type { Interrupt } from '@gadgetloom/dmabuf/model';
import { interrupted } from './pending-signal.ts';

/**
 * Order of waking. prepare_to_wait_event puts an ordinary task at the head of the queue, and an exclusive one at its
 * tail.
 */
export type WakeOrder = 'newest first' | 'oldest first';

/** Tasks that sleep until a condition holds (struct wait_queue_head). They check it again after each wake-up. */
export class WaitQueue {
  readonly #order: WakeOrder;
  #sleepers: (() => void)[] = [];

  constructor(order: WakeOrder) {
    this.#order = order;
  }

  /** Wakes all sleeping tasks. */
  wake(): void {
    if (this.#sleepers.length === 0) return;
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    if (this.#order === 'newest first') sleepers.reverse();
    for (const wake of sleepers) wake();
  }

  /**
   * Sleeps until the next {@link wake}.
   *
   * @param timeout nanoseconds of `clock`
   * @returns false if the time ran out
   * @throws KernelError EINTR ended early by `interrupt`
   */
  sleep(operation: string, interrupt?: Interrupt, clock?: Clock, timeout?: number): Promise<boolean> {
    if (interrupt?.aborted) return Promise.reject(interrupted(operation));
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        settle();
        resolve(true);
      };
      const onInterrupt = (): void => {
        settle();
        reject(interrupted(operation));
      };
      const timer =
        timeout === undefined || !Number.isFinite(timeout)
          ? undefined
          : clock?.setTimer(timeout, () => {
              settle();
              resolve(false);
            });
      const settle = (): void => {
        timer?.cancel();
        interrupt?.removeEventListener('abort', onInterrupt);
        const at = this.#sleepers.indexOf(wake);
        if (at >= 0) this.#sleepers.splice(at, 1);
      };
      interrupt?.addEventListener('abort', onInterrupt);
      this.#sleepers.push(wake);
    });
  }
}
