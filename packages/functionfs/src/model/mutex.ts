import { KernelError } from '@gadgetloom/core';
import type { Interrupt } from '@gadgetloom/dmabuf/model';
import { interrupted } from './pending-signal.ts';

interface Waiter {
  grant(): void;
}

/** A lock that passes to its waiters in the order of their calls (struct mutex). */
export class Mutex {
  #locked = false;
  readonly #waiters: Waiter[] = [];

  get locked(): boolean {
    return this.#locked;
  }

  /** Takes the lock if it is free. */
  tryLock(): boolean {
    if (this.#locked) return false;
    this.#locked = true;
    return true;
  }

  /**
   * Waits for the lock; try {@link tryLock} first. With `nonblock` it does not wait (ffs_mutex_lock).
   *
   * @param operation for the message
   * @param interrupt ends the wait early
   * @throws KernelError EAGAIN taken, and nonblock; EINTR interrupted
   */
  async lock(nonblock: boolean, operation: string, interrupt?: Interrupt): Promise<void> {
    if (this.tryLock()) return;
    if (nonblock) {
      throw new KernelError('EAGAIN', operation, 'Another call is in progress on this file: try again later.');
    }
    if (interrupt?.aborted) throw interrupted(operation);
    await new Promise<void>((resolve, reject) => {
      const onInterrupt = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(interrupted(operation));
      };
      const waiter: Waiter = {
        grant: () => {
          interrupt?.removeEventListener('abort', onInterrupt);
          resolve();
        },
      };
      interrupt?.addEventListener('abort', onInterrupt);
      this.#waiters.push(waiter);
    });
  }

  unlock(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#locked = false;
    else next.grant();
  }
}
