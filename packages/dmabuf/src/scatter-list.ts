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

/**
 * A mapped buffer as a device sees it (struct sg_table). It does not change, not even between two mappings: whoever maps
 * something else makes another one, so that a controller may keep what it has worked out.
 */
export interface ScatterTable {
  readonly entries: readonly ScatterEntry[];
}

/** The device a buffer is mapped for. */
export interface DmaDevice {
  /** As in /sys: `'dummy_udc.0'`, `'fe800000.usb'`. */
  readonly name: string;
  /**
   * The device may now reach the entries, in this direction: the other half of dma_buf_map_attachment.
   *
   * @throws KernelError the device cannot; the buffer is then not mapped
   */
  map?(table: ScatterTable, direction: DmaDirection): void;
  /** It may not any more. Called once per {@link map}, with the same arguments. */
  unmap?(table: ScatterTable, direction: DmaDirection): void;
}

/**
 * Where bytes are that a device reaches, as {@link DmaMemory.locate} finds them. It belongs to whoever asks: with one for each
 * stream of accesses, those in a row are found at once.
 */
export interface DmaPlace {
  memory: Uint8Array;
  /** The first of the bytes is `memory[offset]`. */
  offset: number;
  /** The memory's own: where it looks first the next time. */
  hint: number;
}

/**
 * Memory as a device sees it that moves data by itself: what a simulated controller reads its descriptors from, and where
 * the bytes of transfers come from and go to. An access that the device may not make is a fault: `false`, or -1.
 */
export interface DmaMemory {
  /** The device reads `length` bytes from `address` on into `target[at ...]`. `false` is a fault; a part may have moved. */
  read(address: number, target: Uint8Array, at: number, length: number): boolean;
  /** The device writes `length` bytes of `source[at ...]` to `address`. `false` is a fault; a part may have moved. */
  write(address: number, source: Uint8Array, at: number, length: number): boolean;
  /** A little-endian word, 0 to 0xffffffff; -1 is a fault. */
  read32(address: number): number;
  /** Writes a little-endian word; `false` is a fault. */
  write32(address: number, value: number): boolean;
  /**
   * Finds bytes, for a device that copies them itself, at once and only now. Memory without it is asked each time.
   *
   * @returns how many are there in a row; 0 where the device has to ask each time: {@link read} and {@link write} move them, or
   * tell why not
   */
  locate?(address: number, access: 'read' | 'write', place: DmaPlace): number;
  /**
   * Goes on from a place whose bytes were used to the end of their row, with the same access and directly after that: finds
   * the pieces that are rows of their own and lie behind each other in memory, the first behind what was used.
   *
   * @param words of the pieces, as numbers: of each the low half of its address, the high half and the length, more than 0, and
   * whatever is between one and the next. So descriptors in memory can be used as they are, where memory is little-endian
   * @param first word of the first piece @param end behind the words of the last @param step words from one to the next
   * @returns the words of the first piece that does not; `first` unless the memory knows
   */
  follow?(words: Int32Array, first: number, end: number, step: number, place: DmaPlace): number;
  /**
   * What {@link locate} has found is there as long as this number is the same: each mapping and unmapping changes it. Without it,
   * or while it is NaN, what was found is so only now.
   */
  readonly mappings?: number;
}
