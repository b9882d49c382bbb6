import { PAGE_SIZE, type ScatterTable } from '@gadgetloom/dmabuf';

/** Largest buffer that kmalloc gives (KMALLOC_MAX_SIZE). */
export const KMALLOC_MAX = 4 * 1024 * 1024;

/**
 * The table of a buffer in the kernel's own memory, for a controller that can gather its pages (ffs_build_sg_list). No two
 * pages are neighbours for the device, as with vmalloc. The driver maps them: the addresses do not count.
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
