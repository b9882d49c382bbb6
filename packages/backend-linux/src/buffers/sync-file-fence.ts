import { POLLIN } from '@gadgetloom/core';
import type { DmaFence, FenceCallback } from '@gadgetloom/dmabuf';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { KnownSyncFile } from './buffer-ledger.ts';
import { readStatus } from './sync-file-info.ts';

/** The fence of a sync file that is not exactly one transfer of this stack. */
export class SyncFileFence implements DmaFence {
  readonly #kernel: LinuxKernel;
  readonly #file: KnownSyncFile;
  readonly #callbacks = new Set<FenceCallback>();
  #status = 0;
  #timestamp: number | undefined;
  #context: number | undefined;
  #seqno = 0;

  constructor(kernel: LinuxKernel, file: KnownSyncFile) {
    this.#kernel = kernel;
    this.#file = file;
  }

  get context(): number {
    this.#readNumbers();
    return this.#context ?? 0;
  }

  get seqno(): number {
    this.#readNumbers();
    return this.#seqno;
  }

  get driverName(): string {
    const { fences } = this.#file.info();
    return fences.length === 1 ? fences[0]!.driverName : 'dma_fence_array';
  }

  get timelineName(): string {
    const { fences } = this.#file.info();
    return fences.length === 1 ? fences[0]!.objectName : 'unbound';
  }

  get status(): number {
    if (this.#status === 0 && this.#file.fd >= 0) this.#status = this.#file.info().status;
    return this.#status;
  }

  get timestamp(): number | undefined {
    if (this.status !== 0) this.#timestamp ??= this.#kernel.clock.now();
    return this.#timestamp;
  }

  addCallback(callback: FenceCallback): boolean {
    if (this.status !== 0) return false;
    if (this.#callbacks.size === 0) void this.#file.ready().then((events) => this.#signaled(events));
    this.#callbacks.add(callback);
    return true;
  }

  removeCallback(callback: FenceCallback): boolean {
    return this.#callbacks.delete(callback);
  }

  async wait(timeout?: number): Promise<number> {
    await this.#file.ready(timeout);
    return this.status;
  }

  #signaled(events: number): void {
    if ((events & POLLIN) === 0) return;
    // A callback may remove later ones.
    for (const callback of this.#callbacks) {
      this.#callbacks.delete(callback);
      callback.fenceSignaled(this);
    }
  }

  #readNumbers(): void {
    if (this.#context !== undefined || this.#file.fd < 0 || this.#file.released) return;
    const { context, seqno } = readStatus(this.#kernel, this.#file.fd);
    this.#context = context;
    this.#seqno = seqno;
  }
}
