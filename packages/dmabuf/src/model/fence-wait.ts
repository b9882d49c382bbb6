import { type Clock, KernelError, type Timer } from '@gadgetloom/core';
import type { DmaFence, FenceCallback } from '../fence.ts';
import type { Fence } from './fence.ts';
import type { Interrupt } from './interrupt.ts';

/** A task that sleeps until a fence signals, its time is up, or it is interrupted. */
class WaitingTask implements FenceCallback {
  readonly #clock: Clock;
  readonly #end: number;
  readonly #resolve: (remaining: number) => void;
  readonly #fences: readonly Fence[];
  readonly #interrupt: Interrupt | undefined;
  readonly #timer: Timer | undefined;
  readonly #onInterrupt: (() => void) | undefined;
  #awake = false;
  /** Index of the fence that woke it. */
  index = -1;

  constructor(
    clock: Clock,
    fences: readonly Fence[],
    timeout: number,
    resolve: (remaining: number) => void,
    reject: (reason: unknown) => void,
    interrupt: Interrupt | undefined,
  ) {
    this.#clock = clock;
    this.#fences = fences;
    this.#end = clock.now() + timeout;
    this.#resolve = resolve;
    this.#interrupt = interrupt;
    this.#timer = Number.isFinite(timeout) ? clock.setTimer(timeout, () => this.#wake(0)) : undefined;
    if (interrupt !== undefined) {
      this.#onInterrupt = () => {
        if (this.#awake) return;
        this.#settle();
        reject(interrupted());
      };
      interrupt.addEventListener('abort', this.#onInterrupt);
    }
  }

  fenceSignaled(fence: DmaFence): void {
    this.index = this.#fences.indexOf(fence as Fence);
    this.#wake(Math.max(1, this.#end - this.#clock.now()));
  }

  #wake(remaining: number): void {
    if (this.#awake) return;
    this.#settle();
    this.#resolve(remaining);
  }

  #settle(): void {
    this.#awake = true;
    this.#timer?.cancel();
    if (this.#onInterrupt !== undefined) this.#interrupt?.removeEventListener('abort', this.#onInterrupt);
    for (const fence of this.#fences) fence.removeCallback(this);
  }
}

function interrupted(): KernelError {
  return new KernelError('ERESTARTSYS', 'dma_fence_wait', 'The wait was interrupted.');
}

function checkTimeout(timeout: number): void {
  if (timeout >= 0) return;
  throw new KernelError('EINVAL', 'dma_fence_wait', `The timeout is ${timeout} ns; it must not be negative.`);
}

/** dma_fence_wait_timeout and dma_fence_default_wait; see {@link Fence.waitTimeout}. */
export async function waitForFence(fence: Fence, timeout: number, interrupt: Interrupt | undefined): Promise<number> {
  checkTimeout(timeout);
  fence.enableSignaling();
  const wait = fence.ops?.wait;
  if (wait !== undefined) return wait(fence, timeout, interrupt);
  if (fence.timestamp !== undefined) return timeout === 0 ? 1 : timeout;
  if (interrupt?.aborted) throw interrupted();
  if (timeout === 0) return 0;
  return new Promise((resolve, reject) => {
    fence.addFirstCallback(new WaitingTask(fence.home.clock, [fence], timeout, resolve, reject, interrupt));
  });
}

/** The first of several fences to signal. */
export interface FirstSignaled {
  /** Nanoseconds that were left, at least 1; or 0 if the time ran out. */
  readonly remaining: number;
  /** Position of the fence; -1 if the time ran out. */
  readonly index: number;
}

/**
 * Waits until one of `fences` signals (dma_fence_wait_any_timeout).
 *
 * @param timeout nanoseconds; 0 only looks
 * @throws KernelError EINVAL no fences, or a negative timeout; ERESTARTSYS interrupted
 */
export async function waitForAnyFence(
  fences: readonly Fence[],
  timeout: number = Number.POSITIVE_INFINITY,
  interrupt?: Interrupt,
): Promise<FirstSignaled> {
  checkTimeout(timeout);
  const [head] = fences;
  if (head === undefined) throw new KernelError('EINVAL', 'dma_fence_wait_any', 'There is no fence to wait for.');
  if (timeout === 0) {
    const index = fences.findIndex((fence) => fence.isSignaled());
    return { remaining: index < 0 ? 0 : 1, index };
  }
  for (const fence of fences) fence.enableSignaling();
  const done = fences.findIndex((fence) => fence.timestamp !== undefined);
  if (done >= 0) return { remaining: timeout, index: done };
  if (interrupt?.aborted) throw interrupted();
  let task: WaitingTask | undefined;
  const remaining = await new Promise<number>((resolve, reject) => {
    task = new WaitingTask(head.home.clock, fences, timeout, resolve, reject, interrupt);
    for (const fence of fences) fence.addCallback(task);
  });
  return { remaining, index: task?.index ?? -1 };
}
