import { Fence, type FenceHome } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { containedFence, walkChain } from './fence-chain.ts';
import type { FenceMaker } from './fence-maker.ts';

/**
 * The plain fences inside `fence`: chain nodes from the newest to the oldest that is not done, the members of arrays
 * in their order. Source: drivers/dma-buf/dma-fence-unwrap.c.
 */
export function unwrapFences(fence: Fence | undefined): Fence[] {
  const plain: Fence[] = [];
  for (let node = fence; node !== undefined; node = walkChain(node)) {
    const content = containedFence(node);
    if (content instanceof FenceArray) plain.push(...content.fences);
    else plain.push(content);
  }
  return plain;
}

/** A signaled fence of its own, with the given time (dma_fence_allocate_private_stub). */
export function privateStub(home: FenceHome, timestamp: number): Fence {
  const stub = new Fence(home, 'stub', 'stub', 0, 0);
  stub.enableSignaling();
  stub.signalAt(timestamp);
  return stub;
}

/** By context, and within one the newest first. */
function compareFences(a: Fence, b: Fence): number {
  if (a.context !== b.context) return a.context - b.context;
  if (b.isLaterThan(a)) return 1;
  return a.isLaterThan(b) ? -1 : 0;
}

/**
 * One fence for all of `fences` (dma_fence_unwrap_merge): signaled ones are left out, and of each context only the
 * newest is kept. None left gives a signaled stub with the time of the last of them, one left that fence itself,
 * several an array of a context of its own.
 */
export function mergeFences(maker: FenceMaker, fences: readonly Fence[]): Fence {
  const pending: Fence[] = [];
  let timestamp = 0;
  for (const fence of fences) {
    for (const plain of unwrapFences(fence)) {
      if (plain.isSignaled()) timestamp = Math.max(timestamp, plain.timestamp ?? 0);
      else pending.push(plain);
    }
  }
  pending.sort(compareFences);
  const newest = pending.filter((fence, at) => at === 0 || fence.context !== pending[at - 1]!.context);
  const [only] = newest;
  if (only === undefined) return privateStub(maker, timestamp);
  if (newest.length === 1) return only;
  return new FenceArray(maker, newest, maker.allocateContexts(1), 1, false);
}
