import { PAGE_SIZE, type ScatterEntry, type ScatterTable } from '@gadgetloom/dmabuf';

/** Largest buffer that kmalloc gives (KMALLOC_MAX_SIZE). */
export const KMALLOC_MAX = 4 * 1024 * 1024;

/**
 * The kernel's own memory for read and write. Longer transfers are scattered over pages if the controller can gather
 * them (ffs_build_sg_list). It is used by one transfer at a time, and kept for the next.
 */
export class BounceBuffer {
  #bytes: Uint8Array = new Uint8Array(0);
  #table: ScatterTable = { entries: [] };
  #tableLength = 0;

  /** `length` bytes of memory. */
  bytes(length: number): Uint8Array {
    if (this.#bytes.length < length) {
      this.#bytes = new Uint8Array(Math.ceil(length / PAGE_SIZE) * PAGE_SIZE);
      this.#tableLength = 0;
    }
    return this.#bytes.subarray(0, length);
  }

  /** The same bytes as pages, no two of which are neighbours for the device, as vmalloc would give. */
  scatter(length: number): ScatterTable {
    this.bytes(length);
    if (this.#tableLength !== length) {
      const entries: ScatterEntry[] = [];
      for (let offset = 0; offset < length; offset += PAGE_SIZE) {
        entries.push({
          dmaAddress: 2 * offset + PAGE_SIZE,
          length: Math.min(PAGE_SIZE, length - offset),
          memory: this.#bytes,
          offset,
        });
      }
      this.#table = { entries };
      this.#tableLength = length;
    }
    return this.#table;
  }
}
