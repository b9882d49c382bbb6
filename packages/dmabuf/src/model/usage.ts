/**
 * Class of a fence in a reservation. A query for one class covers every class below it as well.
 * Source: include/linux/dma-resv.h, enum dma_resv_usage.
 */
export const Usage = {
  /** Memory management, such as moving a buffer: everybody waits for it. */
  KERNEL: 0,
  /** Writes to the buffer. */
  WRITE: 1,
  /** Reads from the buffer. */
  READ: 2,
  /** No implicit synchronisation: nobody waits for it. */
  BOOKKEEP: 3,
} as const;

export type Usage = (typeof Usage)[keyof typeof Usage];

/** Names as dma_resv_describe prints them; the index is the class. */
export const USAGE_NAMES = ['kernel', 'write', 'read', 'bookkeep'] as const;

/** The class to wait for: a writer waits for everybody, a reader for writers (dma_resv_usage_rw). */
export function usageRw(write: boolean): Usage {
  return write ? Usage.READ : Usage.WRITE;
}
