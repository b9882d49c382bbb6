import { type ErrnoCode, type TraceSink, VirtualClock } from '@gadgetloom/core';
import { expect } from 'vitest';
import {
  ContiguousPages,
  DmaBufModel,
  type DmaBufObject,
  type DmaBufOps,
  Fence,
  type FenceOps,
  HeapModel,
  type Reservation,
  type Usage,
} from '../src/model/index.ts';

/** A kernel for tests, on a clock that jumps ahead when nothing is left to do. */
export class Kernel extends DmaBufModel {
  override readonly clock: VirtualClock;
  readonly heap: HeapModel;
  #seqno = 0;

  constructor(options: { readonly trace?: TraceSink; readonly moveNotify?: boolean; readonly auto?: boolean } = {}) {
    const clock = new VirtualClock({ auto: options.auto ?? true });
    super({ ...options, clock });
    this.clock = clock;
    this.heap = new HeapModel({ model: this, name: 'system', pages: new ContiguousPages() });
  }

  /** A fence of driver and timeline `mock`, in a context of its own unless given. */
  mockFence(options: { context?: number; seqno?: number; ops?: FenceOps } = {}): Fence {
    const { context = this.allocateContexts(), seqno = ++this.#seqno, ops } = options;
    return new Fence(this, 'mock', 'mock', context, seqno, ops);
  }

  /** A signaled fence. */
  doneFence(error = 0): Fence {
    const fence = this.mockFence();
    fence.signal(error);
    return fence;
  }

  /** A buffer of an exporter that can do as little as is allowed, and `ops` besides. */
  buffer(ops: Partial<DmaBufOps> = {}, size = 4096): DmaBufObject {
    const minimal: DmaBufOps = { mapDmaBuf: () => ({ entries: [] }), unmapDmaBuf: () => {}, release: () => {} };
    return this.export({ exporterName: 'test', size, ops: { ...minimal, ...ops }, flags: 2, priv: this });
  }

  /** Adds a fence to a reservation, with the lock and the slot that this takes. */
  add(resv: Reservation, fence: Fence, usage: Usage): void {
    expect(resv.tryLock()).toBe(true);
    resv.reserve(1);
    resv.add(fence, usage);
    resv.unlock();
  }
}

/** Matches a KernelError of an errno. */
export const kernelError = (code: ErrnoCode): unknown => expect.objectContaining({ name: 'KernelError', code });

/** Matches the report of a broken rule of the kernel's. */
export const violation = (operation: string): unknown =>
  expect.objectContaining({ name: 'ContractViolation', operation });

/** Lets everything run that is due now. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a promise has come to so far. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'fulfilled' | 'rejected'> {
  let state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  promise.then(
    () => {
      state = 'fulfilled';
    },
    () => {
      state = 'rejected';
    },
  );
  await settle();
  return state;
}
