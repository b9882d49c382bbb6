import { Errno, KernelError, type OpenFile } from '@gadgetloom/core';
import { truncate } from './c-string.ts';
import { Fence, type FenceOps, isLaterSeqno } from './fence.ts';
import type { DmaBufModel } from './model.ts';
import { SyncFileModel } from './sync-file-model.ts';

/** Size of a timeline's name with its NUL. */
const NAME_SIZE = 32;

const TIMELINE_OPS: FenceOps = {
  signaled: (fence) => (fence as TimelineFence).passed,
  setDeadline: (fence, at) => (fence as TimelineFence).addDeadline(at),
};

/** A fence that signals when its timeline reaches its seqno (struct sync_pt). */
class TimelineFence extends Fence {
  readonly timeline: SwSyncTimeline;
  /** The soonest deadline that was set. */
  deadline: number | undefined = undefined;

  constructor(model: DmaBufModel, timeline: SwSyncTimeline, value: number) {
    super(model, 'sw_sync', timeline.name, timeline.context, value, TIMELINE_OPS);
    this.timeline = timeline;
  }

  get passed(): boolean {
    return !isLaterSeqno(this.seqno, this.timeline.value, TIMELINE_OPS);
  }

  addDeadline(at: number): void {
    if (this.deadline === undefined || at < this.deadline) this.deadline = at;
  }
}

/**
 * A timeline that software moves on, for tests: an open /sys/kernel/debug/sync/sw_sync.
 * Source: drivers/dma-buf/sw_sync.c.
 */
export class SwSyncTimeline implements OpenFile {
  readonly name: string;
  /** Number of the timeline's fence context. */
  readonly context: number;
  readonly #model: DmaBufModel;
  /** Fences that have not signaled, in the order of their seqnos. */
  #pending: TimelineFence[] = [];
  #value = 0;
  #fd: number;

  /**
   * @param name of the process that opens it; at most 31 bytes are kept
   * @throws KernelError EMFILE
   */
  constructor(model: DmaBufModel, name = 'gadgetloom') {
    this.#model = model;
    this.name = truncate(name, NAME_SIZE);
    this.context = model.allocateContexts();
    this.#fd = model.files.open(this, 'open sw_sync');
  }

  get fd(): number {
    return this.#fd;
  }

  /** Position of the timeline: a 32-bit number that wraps around. */
  get value(): number {
    return this.#value;
  }

  /**
   * SW_SYNC_IOC_CREATE_FENCE: a fence for `value`; one that has been passed has signaled. The same value gives the same
   * fence for as long as it is pending.
   *
   * @param value 0 to 2^32 - 1
   * @throws KernelError EMFILE, EBADF
   */
  createFence(value: number): SyncFileModel {
    const operation = 'SW_SYNC_IOC_CREATE_FENCE';
    this.#assertOpen(operation);
    this.#model.files.assertRoom(operation);
    return this.#model.syncFile(this.#fenceFor(value >>> 0), '', operation);
  }

  #fenceFor(value: number): Fence {
    const fence = new TimelineFence(this.#model, this, value);
    if (fence.isSignaled()) return fence;
    const pending = this.#pending;
    const at = pending.findIndex((other) => !isLaterSeqno(value, other.seqno, TIMELINE_OPS));
    const other = pending[at];
    if (other?.seqno === value) return other;
    pending.splice(at < 0 ? pending.length : at, 0, fence);
    return fence;
  }

  /**
   * SW_SYNC_IOC_INC: moves it on.
   *
   * @param by 0 to 2^32 - 1
   * @throws KernelError EBADF
   */
  increment(by: number): void {
    this.#assertOpen('SW_SYNC_IOC_INC');
    let rest = by >>> 0;
    while (rest > 0x7fff_ffff) {
      this.#moveOn(0x7fff_ffff);
      rest -= 0x7fff_ffff;
    }
    this.#moveOn(rest);
  }

  #moveOn(by: number): void {
    this.#value = (this.#value + by) >>> 0;
    while (this.#pending[0]?.passed === true) this.#pending.shift()?.signal();
  }

  /**
   * SW_SYNC_GET_DEADLINE: the soonest deadline that was set on a fence, in nanoseconds of the clock.
   *
   * @throws KernelError EINVAL not a sync file, or not with a sw_sync fence inside; ENOENT none was set; EBADF
   */
  deadline(file: OpenFile): number {
    const operation = 'SW_SYNC_GET_DEADLINE';
    this.#assertOpen(operation);
    if (!(file instanceof SyncFileModel) || file.model !== this.#model || file.fd < 0)
      throw new KernelError('EINVAL', operation, 'This is not an open sync file.');
    const { fence } = file;
    if (!(fence instanceof TimelineFence))
      throw new KernelError('EINVAL', operation, 'The sync file does not hold a single sw_sync fence.');
    if (fence.deadline === undefined) throw new KernelError('ENOENT', operation, 'No deadline was set.');
    return fence.deadline;
  }

  /** Ends the timeline: what is pending fails with ENOENT. */
  close(): void {
    if (this.#fd < 0) return;
    this.#model.files.close(this.#fd);
    this.#fd = -1;
    for (const fence of this.#pending.splice(0)) fence.signal(-Errno.ENOENT);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #assertOpen(operation: string): void {
    if (this.#fd < 0) throw new KernelError('EBADF', operation, 'This timeline has been closed.');
  }
}
