/** Which way a device moves data, seen from memory. Source: include/linux/dma-direction.h. */
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

/** A mapped buffer as a device sees it (struct sg_table). */
export interface ScatterTable {
  readonly entries: readonly ScatterEntry[];
}

/** The device a buffer is mapped for. */
export interface DmaDevice {
  /** As in /sys: `'dummy_udc.0'`, `'fe800000.usb'`. */
  readonly name: string;
}
