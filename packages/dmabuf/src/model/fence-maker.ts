import type { FenceHome } from './fence.ts';

/** What it takes to make containers of fences: DmaBufModel. */
export interface FenceMaker extends FenceHome {
  /** Numbers for `count` new contexts; the first of them (dma_fence_context_alloc). */
  allocateContexts(count?: number): number;
}
