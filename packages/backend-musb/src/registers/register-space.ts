/**
 * The registers of a controller as the CPU reaches them: memory-mapped I/O at byte offsets, little endian. A driver and
 * the hardware share nothing else except interrupt lines and memory. At offsets without a register, reads return 0 and
 * writes are ignored.
 */
export interface RegisterSpace {
  /** Reads a byte. */
  read8(offset: number): number;
  /** Reads two bytes; the offset is even. */
  read16(offset: number): number;
  /** Reads four bytes; the offset is a multiple of four. */
  read32(offset: number): number;
  /** Writes a byte. */
  write8(offset: number, value: number): void;
  /** Writes two bytes; the offset is even. */
  write16(offset: number, value: number): void;
  /** Writes four bytes; the offset is a multiple of four. */
  write32(offset: number, value: number): void;
  /**
   * Reads one register repeatedly until `length` bytes have arrived (ioread32_rep, then narrower reads for the rest).
   */
  readRepeatedly(offset: number, into: Uint8Array, at: number, length: number): void;
  /** Writes `length` bytes to one register (iowrite32_rep, then narrower writes for the rest). */
  writeRepeatedly(offset: number, from: Uint8Array, at: number, length: number): void;
}

/** The two interrupt lines: one of the USB core and one of the DMA controller. */
export type InterruptLine = 'core' | 'dma';

/** The parameters that the silicon was made with. No register changes them. */
export interface SiliconConfiguration {
  /** Number of endpoints including endpoint 0, 2 to 16. */
  readonly endpoints: number;
  /** The FIFO RAM has `1 << (ramBits + 2)` bytes: 8 to 12 are 1 to 16 KiB. */
  readonly ramBits: number;
  /** Channels of the DMA controller, 0 to 8. */
  readonly dmaChannels: number;
  /** Value of CONFIGDATA: the options of the design. The FIFOs are always dynamic. */
  readonly configData: number;
  /** Value of HWVERS. */
  readonly hardwareVersion: number;
}

/** Encodes `major.minor` as HWVERS does. `MUSB_HWVERS_1800` is 1.800. */
export function hardwareVersion(major: number, minor: number): number {
  return (major << 10) | minor;
}

/**
 * The silicon of OMAP3: 16 endpoints, 16 KiB of FIFO RAM, 8 DMA channels, dynamic FIFOs, soft connect, bulk splitting
 * and combining, high-bandwidth isochronous endpoints (the driver prints `ConfigData=0xde`).
 */
export const OMAP3_SILICON: SiliconConfiguration = {
  endpoints: 16,
  ramBits: 12,
  dmaChannels: 8,
  configData: 0xde,
  hardwareVersion: hardwareVersion(1, 800),
};
