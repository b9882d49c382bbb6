import type { Fence } from './fence.ts';
import type { Usage } from './usage.ts';

/** Bytes of the header that struct dma_resv_list has in front of its table, and of one slot (64-bit kernels). */
const HEADER = 24;
const SLOT = 8;
/** Sizes that the kernel's allocator has below a page; above it is powers of two as well. */
const ODD_SIZES = [96, 192];

/** Slots that fit where `wanted` were asked for: allocations come in fixed sizes (kmalloc_size_roundup). */
export function roundUpSlots(wanted: number): number {
  const bytes = HEADER + SLOT * wanted;
  let size = 32;
  while (size < bytes) size *= 2;
  for (const odd of ODD_SIZES) if (odd >= bytes && odd < size) size = odd;
  return Math.floor((size - HEADER) / SLOT);
}

/**
 * The fences of a reservation and what they stand for (struct dma_resv_list): two flat arrays. A reservation that
 * outgrows its slots gets new ones, so that whoever is reading the old ones notices.
 */
export class ReservationSlots {
  readonly fences: Fence[] = [];
  readonly usages: Usage[] = [];
  /** Slots that are reserved, used ones included. */
  readonly capacity: number;

  constructor(wanted: number) {
    this.capacity = roundUpSlots(wanted);
  }

  /** Slots that are used. */
  get count(): number {
    return this.fences.length;
  }
}
