import type { FenceHome } from './fence.ts';

/** A kernel that can make containers of fences: DmaBufModel. */
export interface FenceMaker extends FenceHome {
  /** Allocates numbers for `count` contexts and returns the first (dma_fence_context_alloc). */
  allocateContexts(count?: number): number;
}
