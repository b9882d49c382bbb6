import { PAGE_SIZE, type ScatterTable } from '@gadgetloom/dmabuf';

/** Largest buffer that kmalloc can allocate (KMALLOC_MAX_SIZE). */
export const KMALLOC_MAX = 4 * 1024 * 1024;

/**
 * The table of a buffer in kernel memory, for a controller with scatter-gather (ffs_build_sg_list). No two pages are
 * contiguous for the device, as with vmalloc. The driver maps the pages, so the addresses in the table have no meaning.
 */
export function scatterPages(memory: Uint8Array): ScatterTable {
  const offsets = Array.from({ length: Math.ceil(memory.length / PAGE_SIZE) }, (_, page) => page * PAGE_SIZE);
  const lengthAt = (offset: number): number => Math.min(PAGE_SIZE, memory.length - offset);
  const entries = offsets.map((offset) => ({
    dmaAddress: 2 * offset + PAGE_SIZE,
    length: lengthAt(offset),
    memory,
    offset,
  }));
  return { entries };
}
