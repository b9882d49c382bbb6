import type { OpenFile } from '@gadgetloom/core';
import type { DmaFence } from './fence.ts';

/** One fence inside a sync file (struct sync_fence_info). */
export interface SyncFenceInfo {
  /** Timeline name. */
  readonly objectName: string;
  readonly driverName: string;
  /** 1 signaled, 0 active, or a negative errno. */
  readonly status: number;
  /** Nanoseconds; 0 while active. */
  readonly timestamp: number;
}

/** Answer of SYNC_IOC_FILE_INFO. */
export interface SyncFileInfo {
  readonly name: string;
  /** 1 all signaled, 0 one is active, or a negative errno: the first entry that is not positive wins. */
  readonly status: number;
  readonly fences: readonly SyncFenceInfo[];
}

/** A fence, or a set of them, as a file. Source: drivers/dma-buf/sync_file.c. */
export interface SyncFile extends OpenFile {
  /** The fence inside: a single one, or a container of several. */
  readonly fence: DmaFence;
  /** SYNC_IOC_FILE_INFO with room for every fence. @throws KernelError EBADF when closed */
  info(): SyncFileInfo;
  /** POLLIN once signaled, with or without error; otherwise 0. Never waits. */
  poll(): number;
  /** Waits for POLLIN; resolves with 0 after `timeout` nanoseconds without. */
  ready(timeout?: number): Promise<number>;
  /** SYNC_IOC_SET_DEADLINE: a hint, in nanoseconds of the stack's clock. */
  setDeadline(at: number): void;
  /** One more descriptor for the same file (dup(2)). @throws KernelError EBADF closed; EMFILE */
  dup(): SyncFile;
}
