import { type Clock, Errno, type TraceSink } from '@gadgetloom/core';
import type { DmaFence, FenceCallback } from '../fence.ts';
import { ContractViolation } from './contract-violation.ts';
import { waitForFence } from './fence-wait.ts';
import type { Interrupt } from './interrupt.ts';

/** The kernel that a fence belongs to. */
export interface FenceHome {
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
}

/** Operations of a kind of fence. All are optional. Source: include/linux/dma-fence.h, dma_fence_ops. */
export interface FenceOps {
  /** True to compare seqnos as 64-bit numbers; otherwise they are 32-bit numbers that wrap around. */
  readonly use64bitSeqno?: boolean;
  /** Set for fences that hold others. */
  readonly container?: 'array' | 'chain';
  /**
   * Called once, before the first callback or wait: somebody wants to know. False: it has signaled already, or cannot
   * be watched; {@link Fence.setError} may be called before returning false.
   */
  enableSignaling?(fence: Fence): boolean;
  /** Returns whether the work is done. `true` makes the fence signal. */
  signaled?(fence: Fence): boolean;
  /** Replaces the wait. Answers as {@link Fence.waitTimeout} does. */
  wait?(fence: Fence, timeout: number, interrupt: Interrupt | undefined): Promise<number>;
  /** Called with the time by which somebody needs the fence, in nanoseconds of the clock. It is a hint. */
  setDeadline?(fence: Fence, at: number): void;
  /** Called when the owner gives the fence up ({@link Fence.release}). */
  release?(fence: Fence): void;
}

const SIGNALED = 1;
const SIGNALING_ENABLED = 2;

/** Largest errno (MAX_ERRNO). */
const MAX_ERRNO = 4095;

/**
 * A fence of the simulated kernel. Source: drivers/dma-buf/dma-fence.c.
 *
 * Nothing counts references: a fence lives as long as somebody knows it. Seqnos are exact up to 2^53.
 */
export class Fence implements DmaFence {
  readonly home: FenceHome;
  readonly driverName: string;
  readonly timelineName: string;
  readonly context: number;
  readonly seqno: number;
  readonly ops: FenceOps | undefined;
  #flags = 0;
  #error = 0;
  #timestamp = 0;
  #first: FenceCallback | undefined = undefined;
  #rest: (FenceCallback | undefined)[] | undefined = undefined;

  /** An unsignaled fence (dma_fence_init). Take `context` from DmaBufModel.allocateContexts. */
  constructor(
    home: FenceHome,
    driverName: string,
    timelineName: string,
    context: number,
    seqno: number,
    ops?: FenceOps,
  ) {
    this.home = home;
    this.driverName = driverName;
    this.timelineName = timelineName;
    this.context = context;
    this.seqno = seqno;
    this.ops = ops;
  }

  /** 0 active, 1 signaled without error, or the negative errno it failed with (dma_fence_get_status). */
  get status(): number {
    if (!this.isSignaled()) return 0;
    return this.#error === 0 ? 1 : this.#error;
  }

  /** The error as it is set now, also before signaling: 0 or a negative errno. */
  get error(): number {
    return this.#error;
  }

  get timestamp(): number | undefined {
    return (this.#flags & SIGNALED) === 0 ? undefined : this.#timestamp;
  }

  /** True for arrays and chains (dma_fence_is_container). */
  get isContainer(): boolean {
    return this.ops !== undefined && this.ops.container !== undefined;
  }

  /** True once somebody asked to be told (DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT). */
  get signalingEnabled(): boolean {
    return (this.#flags & SIGNALING_ENABLED) !== 0;
  }

  /** Looks, and asks the fence's own `signaled` if it has one (dma_fence_is_signaled). */
  isSignaled(): boolean {
    if ((this.#flags & SIGNALED) !== 0) return true;
    return this.ops !== undefined && this.#askSignaled(this.ops);
  }

  #askSignaled(ops: FenceOps): boolean {
    if (ops.signaled === undefined || !ops.signaled(this)) return false;
    this.signal();
    return true;
  }

  /**
   * Signals, and runs the callbacks in their order before it returns.
   *
   * @param error 0, or the negative errno that it failed with
   * @returns false, without any effect, if it has signaled before (dma_fence_signal: EINVAL)
   */
  signal(error = 0): boolean {
    if ((this.#flags & SIGNALED) !== 0) return false;
    if (error !== 0) this.setError(error);
    this.#signal(this.home.clock.now());
    return true;
  }

  /** Does what {@link signal} does, with a given time (dma_fence_signal_timestamp). */
  signalAt(timestamp: number): boolean {
    if ((this.#flags & SIGNALED) !== 0) return false;
    this.#signal(timestamp);
    return true;
  }

  #signal(timestamp: number): void {
    this.#flags |= SIGNALED;
    this.#timestamp = timestamp;
    if (this.home.trace !== undefined) this.#traceSignaled(this.home.trace);
    const first = this.#first;
    if (this.#rest === undefined) {
      if (first === undefined) return;
      this.#first = undefined;
      first.fenceSignaled(this);
    } else {
      this.#signalMany();
    }
  }

  #signalMany(): void {
    const failures: unknown[] = [];
    const run = (callback: FenceCallback | undefined): void => {
      try {
        callback?.fenceSignaled(this);
      } catch (failure) {
        failures.push(failure);
      }
    };
    const first = this.#first;
    this.#first = undefined;
    run(first);
    // A callback may remove those behind it, so each is looked up when its turn comes.
    const rest = this.#rest ?? [];
    for (let at = 0; at < rest.length; at++) {
      const callback = rest[at];
      rest[at] = undefined;
      run(callback);
    }
    this.#rest = undefined;
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} callbacks of a fence failed.`);
  }

  #traceSignaled(trace: TraceSink): void {
    const { driverName, timelineName, context, seqno } = this;
    trace.event({
      at: this.#timestamp,
      source: 'dmabuf',
      what: 'fence signaled',
      details: { driver: driverName, timeline: timelineName, context, seqno, error: this.#error },
    });
  }

  /**
   * Sets the errno that it will have failed with, to be seen once it signals (dma_fence_set_error).
   *
   * @param error -4095 to -1
   * @throws ContractViolation it has signaled, or not an errno
   */
  setError(error: number): void {
    if ((this.#flags & SIGNALED) !== 0)
      throw new ContractViolation('dma_fence_set_error', 'the fence has signaled: its outcome cannot change.');
    if (!(error < 0 && error >= -MAX_ERRNO))
      throw new ContractViolation('dma_fence_set_error', `${error} is not a negative errno (-4095 to -1).`);
    this.#error = error;
  }

  /** @returns false, and never calls, if it has signaled already (dma_fence_add_callback: ENOENT) */
  addCallback(callback: FenceCallback): boolean {
    if ((this.#flags & SIGNALED) !== 0 || !this.enableSignaling()) return false;
    if (this.#rest !== undefined) this.#rest.push(callback);
    else if (this.#first === undefined) this.#first = callback;
    else this.#rest = [callback];
    return true;
  }

  /** Puts a callback in front of all others, as a waiting task does (dma_fence_default_wait). */
  addFirstCallback(callback: FenceCallback): boolean {
    if ((this.#flags & SIGNALED) !== 0 || !this.enableSignaling()) return false;
    if (this.#first !== undefined) {
      if (this.#rest === undefined) this.#rest = [this.#first];
      else this.#rest.unshift(this.#first);
    }
    this.#first = callback;
    return true;
  }

  removeCallback(callback: FenceCallback): boolean {
    if (this.#first === callback) {
      this.#first = undefined;
      return true;
    }
    const rest = this.#rest;
    const at = rest === undefined ? -1 : rest.indexOf(callback);
    if (rest === undefined || at < 0) return false;
    if ((this.#flags & SIGNALED) !== 0) rest[at] = undefined;
    else if (rest.length > 1) rest.splice(at, 1);
    else this.#rest = undefined;
    return true;
  }

  /**
   * Asks the fence to signal by itself, without waiting (dma_fence_enable_sw_signaling). Adding a callback and waiting
   * imply it.
   *
   * @returns false if it has signaled
   */
  enableSignaling(): boolean {
    const enabled = (this.#flags & SIGNALING_ENABLED) !== 0;
    this.#flags |= SIGNALING_ENABLED;
    if ((this.#flags & SIGNALED) !== 0) return false;
    const ops = this.ops;
    if (enabled || ops === undefined || ops.enableSignaling === undefined) return true;
    if (ops.enableSignaling(this)) return true;
    this.signal();
    return false;
  }

  async wait(timeout: number = Number.POSITIVE_INFINITY): Promise<number> {
    return (await this.waitTimeout(timeout)) === 0 ? 0 : this.status;
  }

  /**
   * Waits until it signals (dma_fence_wait_timeout).
   *
   * @param timeout nanoseconds; 0 only looks
   * @param interrupt ends the wait early
   * @returns nanoseconds that were left, at least 1; or 0 if the time ran out
   * @throws KernelError EINVAL negative timeout; ERESTARTSYS interrupted
   */
  waitTimeout(timeout: number = Number.POSITIVE_INFINITY, interrupt?: Interrupt): Promise<number> {
    return waitForFence(this, timeout, interrupt);
  }

  /** Tells by when somebody needs it, in nanoseconds of the clock; without effect once signaled. */
  setDeadline(at: number): void {
    const ops = this.ops;
    if (ops?.setDeadline !== undefined && !this.isSignaled()) ops.setDeadline(this, at);
  }

  /**
   * The owner gives the fence up for good (dma_fence_release). If somebody still waits for it, it fails with EDEADLK:
   * nobody else is going to signal it.
   */
  release(): void {
    const waited = this.#first !== undefined || this.#rest !== undefined;
    if (waited && (this.#flags & SIGNALED) === 0) {
      this.#error = 0;
      this.signal(-Errno.EDEADLK);
    }
    this.ops?.release?.(this);
  }

  /** `functionfs  seq 7 unsignalled`: driver, timeline, seqno and state (dma_fence_describe). */
  describe(): string {
    const state = this.isSignaled() ? 'signalled' : 'unsignalled';
    return `${this.driverName} ${this.timelineName} seq ${this.seqno} ${state}`;
  }

  /**
   * True if this fence comes after `other` on their timeline (dma_fence_is_later).
   *
   * @throws ContractViolation their contexts differ: they have no order
   */
  isLaterThan(other: Fence): boolean {
    if (this.context !== other.context)
      throw new ContractViolation('dma_fence_is_later', 'fences of different contexts have no order.');
    return isLaterSeqno(this.seqno, other.seqno, this.ops);
  }
}

/** Compares two seqnos of one context (__dma_fence_is_later). */
export function isLaterSeqno(a: number, b: number, ops: FenceOps | undefined): boolean {
  if (ops?.use64bitSeqno === true) return a > b;
  return (((a >>> 0) - (b >>> 0)) | 0) > 0;
}
