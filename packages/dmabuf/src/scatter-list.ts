/** Direction in which a device moves data, seen from memory. Source: include/linux/dma-direction.h. */
export type DmaDirection = 'to-device' | 'from-device' | 'bidirectional';

/** One run of memory that is contiguous for the device. Source: include/linux/scatterlist.h, struct scatterlist. */
export interface ScatterEntry {
  /** Address that the device uses. */
  readonly dmaAddress: number;
  /** Length of the run in bytes. */
  readonly length: number;
  /** The bytes behind it: this entry is `memory[offset .. offset + length)`. */
  readonly memory: Uint8Array;
  /** Bytes into the page where the data begins. */
  readonly offset: number;
}

/** A mapped buffer as a device sees it (struct sg_table). A table never changes: another mapping has a table of its own. */
export interface ScatterTable {
  readonly entries: readonly ScatterEntry[];
}

/** The device a buffer is mapped for. */
export interface DmaDevice {
  /** Name in /sys, such as `'dummy_udc.0'` or `'fe800000.usb'`. */
  readonly name: string;
  /**
   * Called when a buffer is mapped (dma_buf_map_attachment): the device may reach the entries in this direction.
   *
   * @throws KernelError the device cannot reach them; the buffer is then not mapped
   */
  map?(table: ScatterTable, direction: DmaDirection): void;
  /** Undoes {@link map}. Called once for each call of it, with the same arguments. */
  unmap?(table: ScatterTable, direction: DmaDirection): void;
}

/**
 * Memory as a device sees it that moves data by itself. A simulated controller reads its descriptors there, and moves the
 * bytes of transfers from and to it. An access that the device may not make is a fault: `false`, or -1.
 */
export interface DmaMemory {
  /** The device reads `length` bytes from `address` on into `target[at ...]`. `false` is a fault; some bytes may have moved. */
  read(address: number, target: Uint8Array, at: number, length: number): boolean;
  /** The device writes `length` bytes of `source[at ...]` to `address`. `false` is a fault; some bytes may have moved. */
  write(address: number, source: Uint8Array, at: number, length: number): boolean;
  /** Reads a little-endian word: 0 to 0xffffffff, or -1 at a fault. */
  read32(address: number): number;
  /** Writes a little-endian word; `false` is a fault. */
  write32(address: number, value: number): boolean;
}
