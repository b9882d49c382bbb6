import { KernelError } from '@gadgetloom/core';
import type { FenceCallback } from '../fence.ts';
import { ContractViolation } from './contract-violation.ts';
import { Fence, type FenceOps, isLaterSeqno } from './fence.ts';
import type { FenceMaker } from './fence-maker.ts';

const CHAIN_OPS: FenceOps = {
  use64bitSeqno: true,
  container: 'chain',
  enableSignaling: (fence) => (fence as FenceChain).watch(),
  signaled: (fence) => (fence as FenceChain).allSignaled(),
  setDeadline: (fence, at) => {
    for (let node: Fence | undefined = fence; node !== undefined; node = walkChain(node))
      containedFence(node).setDeadline(at);
  },
};

/**
 * A node of a timeline: a fence, and all that came before it. It signals when its own fence and those of all nodes
 * before it have. Source: drivers/dma-buf/dma-fence-chain.c.
 */
export class FenceChain extends Fence implements FenceCallback {
  /** The fence that this node adds. */
  readonly fence: Fence;
  /** Seqno of the node before it, if that has the same context; otherwise 0. */
  readonly previousSeqno: number;
  #previous: Fence | undefined;

  /**
   * @param previous the end of the timeline so far: a node, or any fence, or nothing
   * @param fence what to add; not a chain
   * @param seqno a later one continues the context of `previous`; any other begins a new context
   * @throws ContractViolation `fence` is a chain
   */
  constructor(maker: FenceMaker, previous: Fence | undefined, fence: Fence, seqno: number) {
    if (fence instanceof FenceChain)
      throw new ContractViolation('dma_fence_chain_init', 'a chain grows by its previous node, not inside a node.');
    const before = previous instanceof FenceChain ? previous : undefined;
    const continues = before !== undefined && isLaterSeqno(seqno, before.seqno, CHAIN_OPS);
    const context = continues ? before.context : maker.allocateContexts(1);
    const number = continues || before === undefined ? seqno : Math.max(before.seqno, seqno);
    super(maker, 'dma_fence_chain', 'unbound', context, number, CHAIN_OPS);
    this.fence = fence;
    this.previousSeqno = continues ? before.seqno : 0;
    this.#previous = previous;
  }

  /** The nearest node before this one that is not done; those that are done are forgotten (dma_fence_chain_walk). */
  walk(): Fence | undefined {
    for (;;) {
      const previous = this.#previous;
      if (previous === undefined) return undefined;
      if (!containedFence(previous).isSignaled()) return previous;
      this.#previous = previous instanceof FenceChain ? previous.#previous : undefined;
    }
  }

  /** Puts itself on the first fence that is not done; false if there is none. */
  watch(): boolean {
    for (let node: Fence | undefined = this; node !== undefined; node = walkChain(node))
      if (containedFence(node).addCallback(this)) return true;
    return false;
  }

  /** Called by the model (dma_fence_ops.signaled). Returns whether every link has signaled. */
  allSignaled(): boolean {
    for (let node: Fence | undefined = this; node !== undefined; node = walkChain(node))
      if (!containedFence(node).isSignaled()) return false;
    return true;
  }

  /** The fence that was watched signaled: on to the next one. */
  fenceSignaled(): void {
    this.home.clock.defer(() => {
      if (!this.watch()) this.signal();
    });
  }
}

/** The node before `fence` that is not done; plain fences have none. */
export function walkChain(fence: Fence): Fence | undefined {
  return fence instanceof FenceChain ? fence.walk() : undefined;
}

/** The fence that a node of a chain adds, or the fence itself if it is no node (dma_fence_chain_contained). */
export function containedFence(fence: Fence): Fence {
  return fence instanceof FenceChain ? fence.fence : fence;
}

/**
 * The oldest node of `chain` that stands for `seqno` (dma_fence_chain_find_seqno).
 *
 * @returns `chain` itself for seqno 0; `undefined` if everything up to `seqno` has signaled
 * @throws KernelError EINVAL not a chain, or it does not reach `seqno` yet
 */
export function findSeqno(chain: Fence | undefined, seqno: number): Fence | undefined {
  if (seqno === 0) return chain;
  if (!(chain instanceof FenceChain) || chain.seqno < seqno)
    throw new KernelError('EINVAL', 'dma_fence_chain_find_seqno', `The chain does not reach ${seqno} yet.`);
  let node: Fence | undefined = chain;
  while (node !== undefined) {
    if (node.context !== chain.context || (node as FenceChain).previousSeqno < seqno) break;
    node = walkChain(node);
  }
  return node;
}
