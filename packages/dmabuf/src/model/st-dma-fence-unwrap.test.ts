import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import type { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';
import { mergeFences, unwrapFences } from './fence-unwrap.ts';

// The kernel's own tests of dma-fence-unwrap, under their names (drivers/dma-buf/st-dma-fence-unwrap.c).
describe('dma_fence_unwrap', () => {
  const kernel = new Kernel();
  const array = (...fences: Fence[]): FenceArray => new FenceArray(kernel, fences, kernel.allocateContexts(), 1, false);
  const live = (): Fence => {
    const fence = kernel.mockFence();
    fence.enableSignaling();
    return fence;
  };

  it('sanitycheck', () => {
    const fence = live();
    expect(unwrapFences(array(fence))).toEqual([fence]);
  });

  it('unwrap_array', () => {
    const [f1, f2] = [live(), live()];
    expect(unwrapFences(array(f1, f2))).toEqual([f1, f2]);
  });

  it('unwrap_chain', () => {
    const [f1, f2] = [live(), live()];
    const chain = new FenceChain(kernel, f1, f2, 1);
    expect(new Set(unwrapFences(chain))).toEqual(new Set([f1, f2]));
  });

  it('unwrap_chain_array', () => {
    const [f1, f2] = [live(), live()];
    const chain = new FenceChain(kernel, undefined, array(f1, f2), 1);
    expect(unwrapFences(chain)).toEqual([f1, f2]);
  });

  it('unwrap_merge', () => {
    const [f1, f2] = [live(), live()];
    expect(new Set(unwrapFences(mergeFences(kernel, [f1, f2])))).toEqual(new Set([f1, f2]));
  });

  it('unwrap_merge_complex', () => {
    const [f1, f2] = [live(), live()];
    const f3 = mergeFences(kernel, [f1, f2]);
    // The same fences the other way round, and once more with what is merged already and one that is done.
    const f4 = mergeFences(kernel, [f2, f1]);
    const f5 = mergeFences(kernel, [f3, f4, kernel.stub]);
    const found = unwrapFences(f5);
    expect(found).toHaveLength(2);
    expect(new Set(found)).toEqual(new Set([f1, f2]));
  });
});
