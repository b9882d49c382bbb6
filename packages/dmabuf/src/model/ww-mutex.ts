import { KernelError } from '@gadgetloom/core';
import { ContractViolation } from './contract-violation.ts';
import type { Interrupt } from './interrupt.ts';

/** Locks that can be held at once, and the order of those who lock them (struct ww_class). */
export class WwClass {
  #stamp = 0;

  /** The age of a new context: a smaller number is older. */
  nextStamp(): number {
    return this.#stamp++;
  }
}

/**
 * One attempt to lock several reservations at once (struct ww_acquire_ctx). Of two that meet, the younger gives way
 * and starts over: wait-die. Source: kernel/locking/ww_mutex.h, include/linux/ww_mutex.h.
 */
export class AcquireContext {
  /** Age: a smaller number is older. */
  readonly stamp: number;
  #acquired = 0;
  #done = false;
  #contended: WwMutex | undefined = undefined;

  /** @param wwClass the one of the locks, DmaBufModel.wwClass for reservations (ww_acquire_init) */
  constructor(wwClass: WwClass) {
    this.stamp = wwClass.nextStamp();
  }

  /** Locks that it holds. */
  get acquired(): number {
    return this.#acquired;
  }

  /** No lock will be added from now on (ww_acquire_done). */
  done(): void {
    this.#done = true;
  }

  /** The end of the attempt (ww_acquire_fini). @throws ContractViolation it still holds locks */
  finish(): void {
    if (this.#acquired > 0)
      throw new ContractViolation('ww_acquire_fini', `${this.#acquired} locks of this context are still held.`);
  }

  /** Called by a lock before the context takes it. @throws ContractViolation the context may not */
  assertMayLock(lock: WwMutex): void {
    if (this.#done) throw new ContractViolation('ww_mutex_lock', 'the context is done: it takes no more locks.');
    if (this.#contended !== undefined && (this.#contended !== lock || this.#acquired > 0))
      throw new ContractViolation(
        'ww_mutex_lock',
        'after EDEADLK, release every lock and take the contended one first, with lockSlow.',
      );
  }

  /** Called by a lock when the context has taken it. */
  addLock(): void {
    this.#contended = undefined;
    this.#acquired++;
  }

  /** Called by a lock that the context gave way on. */
  gaveWay(lock: WwMutex): void {
    this.#contended = lock;
  }

  /** Called by a lock when the context has released it. */
  dropLock(): void {
    this.#acquired--;
  }

  /** Returns whether this context gives way when it meets `other`. */
  isYoungerThan(other: AcquireContext): boolean {
    return this.stamp > other.stamp;
  }
}

interface Waiter {
  readonly context: AcquireContext | undefined;
  readonly grant: () => void;
  readonly fail: (reason: KernelError) => void;
}

const deadlock = (): KernelError =>
  new KernelError(
    'EDEADLK',
    'ww_mutex_lock',
    'An older context holds or wants this lock: release all locks, then take this one with lockSlow.',
  );

/**
 * A lock that is handed on in the order of waiting, except that older contexts go before younger ones
 * (struct ww_mutex, of a wait-die class).
 */
export class WwMutex {
  #locked = false;
  #holder: AcquireContext | undefined = undefined;
  #waiters: Waiter[] = [];

  get locked(): boolean {
    return this.#locked;
  }

  /** Takes the lock if it is free (ww_mutex_trylock). */
  tryLock(): boolean {
    if (this.#locked) return false;
    this.#locked = true;
    return true;
  }

  /** @throws ContractViolation it is not locked */
  unlock(): void {
    if (!this.#locked) throw new ContractViolation('ww_mutex_unlock', 'the lock is not held.');
    if (this.#holder !== undefined) {
      this.#holder.dropLock();
      this.#holder = undefined;
    }
    if (this.#waiters.length === 0) this.#locked = false;
    else this.#handOn();
  }

  /**
   * Waits for the lock (ww_mutex_lock).
   *
   * @param context what deadlocks are avoided with; without, there is no such help
   * @param interrupt ends the wait early
   * @throws KernelError EDEADLK give way to an older context; EALREADY this context holds it; EINTR interrupted
   */
  lock(context?: AcquireContext, interrupt?: Interrupt): Promise<void> {
    try {
      if (context !== undefined && context === this.#holder)
        throw new KernelError('EALREADY', 'ww_mutex_lock', 'This context holds the lock already.');
      context?.assertMayLock(this);
      if (!this.#locked) {
        this.#take(context);
        return Promise.resolve();
      }
      return this.#wait(context, interrupt);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Waits for the lock that {@link lock} gave way on (ww_mutex_lock_slow).
   *
   * @throws ContractViolation the context still holds locks
   */
  lockSlow(context: AcquireContext, interrupt?: Interrupt): Promise<void> {
    if (context.acquired > 0)
      throw new ContractViolation('ww_mutex_lock_slow', 'release every lock of this context first.');
    return this.lock(context, interrupt);
  }

  #take(context: AcquireContext | undefined): void {
    context?.addLock();
    this.#locked = true;
    this.#holder = context;
  }

  #wait(context: AcquireContext | undefined, interrupt: Interrupt | undefined): Promise<void> {
    const position = context === undefined ? this.#waiters.length : this.#positionFor(context);
    if (interrupt?.aborted) throw interrupted();
    return new Promise((resolve, reject) => {
      const onInterrupt = (): void => {
        interrupt?.removeEventListener('abort', onInterrupt);
        this.#leave(waiter);
        reject(interrupted());
      };
      const waiter: Waiter = {
        context,
        grant: () => {
          interrupt?.removeEventListener('abort', onInterrupt);
          resolve();
        },
        fail: (reason) => {
          interrupt?.removeEventListener('abort', onInterrupt);
          reject(reason);
        },
      };
      interrupt?.addEventListener('abort', onInterrupt);
      this.#waiters.splice(position, 0, waiter);
    });
  }

  /** The position of a context in the queue, behind older ones. A context that holds locks never waits for an older one. */
  #positionFor(context: AcquireContext): number {
    const holder = this.#holder;
    if (holder !== undefined && context.isYoungerThan(holder)) this.#giveWay(context);
    let position = this.#waiters.length;
    for (let at = this.#waiters.length - 1; at >= 0; at--) {
      const other = this.#waiters[at]?.context;
      if (other === undefined) continue;
      if (context.isYoungerThan(other)) {
        this.#giveWay(context);
        break;
      }
      position = at;
    }
    this.#dismissYounger(context);
    return Math.min(position, this.#waiters.length);
  }

  #giveWay(context: AcquireContext): void {
    if (context.acquired === 0) return;
    context.gaveWay(this);
    throw deadlock();
  }

  #dismissYounger(than: AcquireContext): void {
    for (const waiter of [...this.#waiters]) {
      const { context } = waiter;
      if (context === undefined || context.acquired === 0 || !context.isYoungerThan(than)) continue;
      this.#leave(waiter);
      context.gaveWay(this);
      waiter.fail(deadlock());
    }
  }

  #leave(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
  }

  #handOn(): void {
    const next = this.#waiters.shift();
    if (next === undefined) return;
    this.#take(next.context);
    next.grant();
  }
}

const interrupted = (): KernelError => new KernelError('EINTR', 'ww_mutex_lock', 'The wait was interrupted.');
