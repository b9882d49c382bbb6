import type { DmaFence, FenceCallback } from '@gadgetloom/dmabuf';

/** A fence that signals when the test says so. */
export class FakeFence implements DmaFence {
  readonly context = 1;
  readonly seqno: number;
  readonly driverName = 'functionfs';
  readonly timelineName = '';
  status = 0;
  timestamp: number | undefined = undefined;
  #callback: FenceCallback | undefined;

  constructor(seqno: number) {
    this.seqno = seqno;
  }

  addCallback(callback: FenceCallback): boolean {
    if (this.status !== 0) return false;
    if (this.#callback !== undefined) throw new Error('this fence has a callback');
    this.#callback = callback;
    return true;
  }

  removeCallback(): boolean {
    const waited = this.#callback !== undefined;
    this.#callback = undefined;
    return waited;
  }

  wait(): Promise<number> {
    throw new Error('a stream that waits for a fence with a promise is too slow');
  }

  /** @param error 0 or a negative errno */
  signal(error: number): void {
    if (this.status !== 0) throw new Error(`fence ${this.seqno} signals twice`);
    this.status = error === 0 ? 1 : error;
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.fenceSignaled(this);
  }
}
