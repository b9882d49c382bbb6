/**
 * The registers of a controller as the CPU reaches them, at byte offsets: memory-mapped I/O. All that a driver and the
 * hardware have in common besides interrupt lines and memory. Little endian; where nothing is, reads are 0 and writes go
 * nowhere.
 */
export interface RegisterSpace {
  /** A byte. */
  read8(offset: number): number;
  /** Two bytes; the offset is even. */
  read16(offset: number): number;
  /** Four bytes; the offset is a multiple of four. */
  read32(offset: number): number;
  /** A byte. */
  write8(offset: number, value: number): void;
  /** Two bytes; the offset is even. */
  write16(offset: number, value: number): void;
  /** Four bytes; the offset is a multiple of four. */
  write32(offset: number, value: number): void;
  /** Reads one register again and again until `length` bytes have come (ioread32_rep, with the narrow rest behind). */
  readRepeatedly(offset: number, into: Uint8Array, at: number, length: number): void;
  /** Writes `length` bytes to one register (iowrite32_rep, with the narrow rest behind). */
  writeRepeatedly(offset: number, from: Uint8Array, at: number, length: number): void;
}

/** The two interrupt lines: of the USB core, and of the DMA controller. */
export type InterruptLine = 'core' | 'dma';

/** What the silicon was made with: the parameters of the design, which no register changes. */
export interface SiliconConfiguration {
  /** Endpoints with endpoint 0, 2 to 16. */
  readonly endpoints: number;
  /** The FIFO RAM has `1 << (ramBits + 2)` bytes: 8 to 12 are 1 to 16 KiB. */
  readonly ramBits: number;
  /** Channels of the DMA controller, 0 to 8. */
  readonly dmaChannels: number;
  /** CONFIGDATA: which options the design has. Its FIFOs are always dynamic. */
  readonly configData: number;
  /** HWVERS. */
  readonly hardwareVersion: number;
}

/** `major.minor` of HWVERS, as `MUSB_HWVERS_1800` is 1.800. */
export function hardwareVersion(major: number, minor: number): number {
  return (major << 10) | minor;
}

/**
 * As on OMAP3: 16 endpoints, 16 KiB of FIFO RAM, 8 DMA channels; dynamic FIFOs, soft connect, bulk splitting and
 * combining, high-bandwidth isochronous endpoints (the driver prints it as `ConfigData=0xde`).
 */
export const OMAP3_SILICON: SiliconConfiguration = {
  endpoints: 16,
  ramBits: 12,
  dmaChannels: 8,
  configData: 0xde,
  hardwareVersion: hardwareVersion(1, 800),
};
