/**
 * The registers of a controller as its driver sees them: 32-bit words at byte offsets. A driver only reads and writes
 * words; everything else goes through memory and one interrupt line.
 */
export interface RegisterSpace {
  /** @param offset in bytes, a multiple of 4 @returns 0 to 0xffffffff */
  read(offset: number): number;
  /** @param offset in bytes, a multiple of 4 @param value the low 32 bits count */
  write(offset: number, value: number): void;
}
