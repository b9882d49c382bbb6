import { type OpenFile, type Token, token } from '@gadgetloom/core';
import type { SyncFile } from './sync-file.ts';

/** Called once, when a fence signals. It is an object, so that a transfer can be its own callback. */
export interface FenceCallback {
  /** Called once, when the fence signals; must not throw. */
  fenceSignaled(fence: DmaFence): void;
}

/**
 * One completion. Unsignaled at first, then signaled exactly once, with success or with an error.
 * Source: include/linux/dma-fence.h.
 */
export interface DmaFence {
  /** Fences of one context signal in the order of their seqno; contexts are independent. 0 is the stub's. */
  readonly context: number;
  /** Place on its timeline, from 0 on: fences of one context signal in this order. */
  readonly seqno: number;
  /** `'functionfs'` for transfers. */
  readonly driverName: string;
  readonly timelineName: string;
  /** 0 active, 1 signaled without error, or the negative errno it failed with (dma_fence_get_status). */
  readonly status: number;
  /** Time at which it signaled, in nanoseconds of the stack's clock; `undefined` while active. */
  readonly timestamp: number | undefined;
  /** Time at which the work was queued, on the same clock, if that is known. */
  readonly queuedAt?: number | undefined;
  /** Adds a callback. False, and no call, if the fence has signaled already (dma_fence_add_callback: ENOENT). */
  addCallback(callback: FenceCallback): boolean;
  /** True if the callback was still waiting and now is not. */
  removeCallback(callback: FenceCallback): boolean;
  /**
   * Resolves with the status once signaled, or with 0 when `timeout` nanoseconds have passed without.
   * It never rejects because of the fence's error: a failed transfer is an answer.
   */
  wait(timeout?: number): Promise<number>;
}

/** Makes fences out of others. */
export interface DmaFences {
  /**
   * Merges two sync files into a new one that signals when both have (SYNC_IOC_MERGE).
   *
   * @param name at most 31 characters are kept
   * @throws KernelError ENOENT `second` is not a sync file; EMFILE
   */
  merge(name: string, first: SyncFile, second: OpenFile): SyncFile;
}

/** The fence port. */
export const DMA_FENCES: Token<DmaFences> = token('@gadgetloom/dmabuf:DmaFences');
