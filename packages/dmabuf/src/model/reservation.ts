import { KernelError } from '@gadgetloom/core';
import { ContractViolation } from './contract-violation.ts';
import { type Fence, isLaterSeqno } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import type { FenceMaker } from './fence-maker.ts';
import type { Interrupt } from './interrupt.ts';
import { ReservationCursor } from './reservation-cursor.ts';
import { ReservationSlots } from './reservation-slots.ts';
import { USAGE_NAMES, Usage } from './usage.ts';
import { type AcquireContext, WwMutex } from './ww-mutex.ts';

/**
 * The lock of a buffer, and the fences of everybody who uses it (struct dma_resv). Source: drivers/dma-buf/dma-resv.c.
 *
 * Operations that need the lock throw a ContractViolation when it is not held. Fences that have signaled stay in their
 * slots until a slot is needed, so that the slots do not grow with the number of transfers.
 */
export class Reservation {
  readonly #maker: FenceMaker;
  readonly #mutex = new WwMutex();
  #slots: ReservationSlots | undefined = undefined;
  #reserved = 0;

  constructor(maker: FenceMaker) {
    this.#maker = maker;
  }

  get locked(): boolean {
    return this.#mutex.locked;
  }

  /** Takes the lock if it is free. */
  tryLock(): boolean {
    return this.#mutex.tryLock();
  }

  /**
   * Waits for the lock, in the order of asking.
   *
   * @param context to lock several reservations at once
   * @param interrupt ends the wait early (dma_resv_lock_interruptible)
   * @throws KernelError EDEADLK give way: unlock all of this context, then {@link lockSlow}; EALREADY; EINTR
   */
  lock(context?: AcquireContext, interrupt?: Interrupt): Promise<void> {
    return this.#mutex.lock(context, interrupt);
  }

  /** After EDEADLK: waits for the reservation that it happened on. @throws KernelError EINTR */
  lockSlow(context: AcquireContext, interrupt?: Interrupt): Promise<void> {
    return this.#mutex.lockSlow(context, interrupt);
  }

  /** Slots that were reserved and not used are given back. @throws ContractViolation not locked */
  unlock(): void {
    this.#reserved = 0;
    this.#mutex.unlock();
  }

  /** @throws ContractViolation not locked */
  assertHeld(operation: string): void {
    if (!this.#mutex.locked)
      throw new ContractViolation(operation, 'the reservation must be locked by the caller (dma_resv_assert_held).');
  }

  /**
   * Runs `job` with the lock held: at once if it is free, otherwise when its turn comes. Never waits.
   *
   * @param then what is to be done right after, without the lock
   */
  whenLocked(job: () => void, then?: () => void): void {
    if (this.tryLock()) this.#runLocked(job, then);
    else void this.lock().then(() => this.#runLocked(job, then));
  }

  #runLocked(job: () => void, then: (() => void) | undefined): void {
    try {
      job();
    } finally {
      this.unlock();
    }
    then?.();
  }

  /** Slots as they are now; for the cursor. */
  get slots(): ReservationSlots | undefined {
    return this.#slots;
  }

  /** Fences in slots, signaled ones included. */
  get count(): number {
    return this.#slots === undefined ? 0 : this.#slots.count;
  }

  /** Slots that there are. */
  get capacity(): number {
    return this.#slots === undefined ? 0 : this.#slots.capacity;
  }

  /**
   * Makes room for `count` fences, so that adding them cannot fail. Holds until the reservation is unlocked.
   *
   * @param count at least 1
   * @throws KernelError EINVAL 0 fences
   * @throws ContractViolation not locked
   */
  reserve(count: number): void {
    if (!this.#mutex.locked) this.assertHeld('dma_resv_reserve_fences');
    if (!(count > 0)) throw new KernelError('EINVAL', 'dma_resv_reserve_fences', 'Reserve at least one slot.');
    if (this.#reserved < count) this.#reserved = count;
    const slots = this.#slots;
    if (slots === undefined || slots.capacity === 0) {
      let wanted = 4;
      while (wanted < count) wanted *= 2;
      this.#slots = new ReservationSlots(wanted);
    } else if (slots.fences.length + count > slots.capacity) {
      this.#slots = grown(slots, Math.max(slots.fences.length + count, slots.capacity * 2));
    }
  }

  /**
   * Adds a fence. It takes the first slot whose fence has signaled, or is an earlier one of the same context with the
   * same or a weaker usage; otherwise a reserved slot.
   *
   * @throws ContractViolation not locked; a container; no slot was reserved
   */
  add(fence: Fence, usage: Usage): void {
    if (!this.#mutex.locked) this.assertHeld('dma_resv_add_fence');
    if (fence.isContainer)
      throw new ContractViolation('dma_resv_add_fence', 'add the fences of an array or chain one by one.');
    const slots = this.#slots;
    if (slots !== undefined) {
      const { fences, usages } = slots;
      for (let at = 0; at < fences.length; at++) {
        const old = fences[at]!;
        if ((old.context === fence.context && usages[at]! >= usage && replaces(fence, old)) || old.isSignaled()) {
          fences[at] = fence;
          usages[at] = usage;
          return;
        }
      }
    }
    if (slots === undefined || this.#reserved === 0)
      throw new ContractViolation('dma_resv_add_fence', 'reserve a slot first, after every locking.');
    this.#reserved--;
    slots.fences.push(fence);
    slots.usages.push(usage);
  }

  /**
   * Puts `fence` in the place of every fence of `context`: it stands for the same work, or for its preemption.
   *
   * @throws ContractViolation not locked
   */
  replace(context: number, fence: Fence, usage: Usage): void {
    this.assertHeld('dma_resv_replace_fences');
    const slots = this.#slots;
    if (slots === undefined) return;
    for (let at = 0; at < slots.count; at++) {
      if (slots.fences[at]!.context !== context) continue;
      slots.fences[at] = fence;
      slots.usages[at] = usage;
    }
  }

  /** True if every fence up to `usage` has signaled. */
  testSignaled(usage: Usage): boolean {
    const slots = this.#slots;
    if (slots === undefined) return true;
    const { fences, usages } = slots;
    for (let at = 0; at < fences.length; at++) {
      if (usages[at]! <= usage && !fences[at]!.isSignaled()) return false;
    }
    return true;
  }

  /**
   * Waits for every fence up to `usage`, one after the other. The lock need not be held.
   *
   * @param timeoutNs nanoseconds for all together; 0 only looks
   * @param interrupt ends the wait early
   * @returns nanoseconds that were left, at least 1; or 0 if the time ran out
   * @throws KernelError ERESTARTSYS interrupted
   */
  async wait(usage: Usage, timeoutNs: number = Number.POSITIVE_INFINITY, interrupt?: Interrupt): Promise<number> {
    let remaining = timeoutNs === 0 ? 1 : timeoutNs;
    let timeout = timeoutNs;
    const cursor = new ReservationCursor(this, usage);
    for (let fence = cursor.firstUnlocked(); fence !== undefined; fence = cursor.nextUnlocked()) {
      remaining = await fence.waitTimeout(timeout, interrupt);
      if (remaining === 0) return 0;
      if (timeout !== 0) timeout = remaining;
    }
    return remaining;
  }

  /** The fences up to `usage` that have not signaled (dma_resv_get_fences). */
  fences(usage: Usage): Fence[] {
    const found: Fence[] = [];
    const cursor = new ReservationCursor(this, usage);
    for (let fence = cursor.firstUnlocked(); fence !== undefined; fence = cursor.nextUnlocked()) found.push(fence);
    return found;
  }

  /** {@link fences} as one: `undefined`, the fence itself, or an array of a context of its own. */
  singleton(usage: Usage): Fence | undefined {
    const fences = this.fences(usage);
    if (fences.length <= 1) return fences[0];
    return new FenceArray(this.#maker, fences, this.#maker.allocateContexts(1), 1, false);
  }

  /**
   * Replaces all fences by those of `source` that have not signaled, BOOKKEEP included.
   *
   * @throws ContractViolation not locked (`source` need not be)
   */
  copyFrom(source: Reservation): void {
    this.assertHeld('dma_resv_copy_fences');
    const cursor = new ReservationCursor(source, Usage.BOOKKEEP);
    let slots: ReservationSlots | undefined;
    for (let fence = cursor.firstUnlocked(); fence !== undefined; fence = cursor.nextUnlocked()) {
      slots ??= new ReservationSlots(source.count);
      slots.fences.push(fence);
      slots.usages.push(cursor.usage);
    }
    this.#slots = slots;
  }

  /** Tells the fences up to `usage` by when they are needed, in nanoseconds of the clock. */
  setDeadline(usage: Usage, at: number): void {
    for (const fence of this.fences(usage)) fence.setDeadline(at);
  }

  /** One line for each fence up to READ, signaled ones included. @throws ContractViolation not locked */
  describe(): string[] {
    const lines: string[] = [];
    const cursor = new ReservationCursor(this, Usage.READ);
    for (let fence = cursor.first(); fence !== undefined; fence = cursor.next())
      lines.push(`${USAGE_NAMES[cursor.usage]} fence:${fence.describe()}`);
    return lines;
  }

  /** Drops all fences, without waiting for them (dma_resv_fini). */
  finish(): void {
    this.#slots = undefined;
  }
}

/** True for a fence that makes `old`, of the same context, superfluous (dma_fence_is_later_or_same). */
function replaces(fence: Fence, old: Fence): boolean {
  return fence === old || isLaterSeqno(fence.seqno, old.seqno, fence.ops);
}

function grown(old: ReservationSlots, wanted: number): ReservationSlots {
  const slots = new ReservationSlots(wanted);
  for (let at = 0; at < old.count; at++) {
    const fence = old.fences[at]!;
    if (fence.isSignaled()) continue;
    slots.fences.push(fence);
    slots.usages.push(old.usages[at]!);
  }
  return slots;
}
