/**
 * The registers of a controller as its driver sees them: 32-bit words at byte offsets. Reading and writing a word is all
 * that a driver can do to the hardware; the rest goes through memory and one interrupt line.
 */
export interface RegisterSpace {
  /** @param offset in bytes, a multiple of 4 @returns 0 to 0xffffffff */
  read(offset: number): number;
  /** @param offset in bytes, a multiple of 4 @param value the low 32 bits count */
  write(offset: number, value: number): void;
}
