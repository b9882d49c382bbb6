import type { DmaFence, FenceCallback } from '../fence.ts';
import { ContractViolation } from './contract-violation.ts';
import { Fence, type FenceHome, type FenceOps } from './fence.ts';

const ARRAY_OPS: FenceOps = {
  container: 'array',
  enableSignaling: (fence) => (fence as FenceArray).watchMembers(),
  signaled: (fence) => (fence as FenceArray).membersSignaled(),
  setDeadline: (fence, at) => {
    for (const member of (fence as FenceArray).fences) member.setDeadline(at);
  },
};

/**
 * Several fences as one, which signals when all have, or when the first has. It fails with the first error that a
 * member reports while the array is being watched. Source: drivers/dma-buf/dma-fence-array.c.
 *
 * It signals a little after the last member: the kernel does that from an interrupt of its own.
 */
export class FenceArray extends Fence implements FenceCallback {
  readonly fences: readonly Fence[];
  #pending: number;
  #memberError = 0;

  /**
   * @param fences at least one, none of them an array or a chain
   * @param signalOnAny signal with the first member rather than with the last
   * @throws ContractViolation no fences, or containers among them
   */
  constructor(home: FenceHome, fences: readonly Fence[], context: number, seqno: number, signalOnAny: boolean) {
    if (fences.length === 0) throw new ContractViolation('dma_fence_array_init', 'an array needs at least one fence.');
    if (fences.some((fence) => fence.isContainer))
      throw new ContractViolation('dma_fence_array_init', 'an array cannot hold arrays or chains: unwrap them first.');
    super(home, 'dma_fence_array', 'unbound', context, seqno, ARRAY_OPS);
    this.fences = fences;
    this.#pending = signalOnAny ? 1 : fences.length;
  }

  /** A member signaled. */
  fenceSignaled(fence: DmaFence): void {
    this.#noteError((fence as Fence).error);
    if (--this.#pending === 0) this.home.clock.defer(() => this.#finish());
  }

  /** Called by the model (dma_fence_ops.enable_signaling). Returns false if the array has signaled already. */
  watchMembers(): boolean {
    for (const fence of this.fences) {
      if (fence.addCallback(this)) continue;
      this.#noteError(fence.error);
      if (--this.#pending === 0) {
        this.#publishError();
        return false;
      }
    }
    return true;
  }

  /** Called by the model (dma_fence_ops.signaled). Returns whether enough members have signaled. */
  membersSignaled(): boolean {
    let pending = this.#pending;
    if (this.signalingEnabled) {
      if (pending > 0) return false;
    } else {
      for (const fence of this.fences) if (fence.isSignaled() && --pending === 0) break;
      if (pending > 0) return false;
    }
    this.#publishError();
    return true;
  }

  #noteError(error: number): void {
    if (this.#memberError === 0) this.#memberError = error;
  }

  #publishError(): void {
    if (this.#memberError !== 0 && this.timestamp === undefined) this.setError(this.#memberError);
  }

  #finish(): void {
    this.#publishError();
    this.signal();
  }
}

/** True if the fence, or every member of the array, belongs to `context` (dma_fence_match_context). */
export function matchesContext(fence: Fence, context: number): boolean {
  if (fence instanceof FenceArray) return fence.fences.every((member) => member.context === context);
  return fence.context === context;
}
