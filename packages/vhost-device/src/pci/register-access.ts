import type { AccessSize, MmioSpace, PciBar } from './pci-function.ts';

/** The widest access that is aligned at an offset and not longer than the rest. */
const widthAt = (offset: number, left: number): AccessSize =>
  offset % 4 === 0 && left >= 4 ? 4 : offset % 2 === 0 && left >= 2 ? 2 : 1;

/** Whether an access of `size` bytes ends inside the BAR. */
export const fits = (bar: PciBar, offset: number, size: number): boolean => offset + size <= bar.size;

/** Reads `size` bytes of a BAR, split into the accesses of a bus. */
export function readRegisters(space: MmioSpace, offset: number, size: number, into: Uint8Array): void {
  for (let done = 0; done < size; ) {
    const width = widthAt(offset + done, size - done);
    const value = space.read(offset + done, width);
    for (let byte = 0; byte < width; byte++) into[done + byte] = value >>> (8 * byte);
    done += width;
  }
}

/** Writes `size` bytes of `from` from `at` on, split into the accesses of a bus. */
export function writeRegisters(space: MmioSpace, offset: number, size: number, from: Uint8Array, at: number): void {
  for (let done = 0; done < size; ) {
    const width = widthAt(offset + done, size - done);
    let value = 0;
    for (let byte = width - 1; byte >= 0; byte--) value = ((value << 8) | from[at + done + byte]!) >>> 0;
    space.write(offset + done, width, value);
    done += width;
  }
}

/** Writes the same byte `size` times. */
export function fillRegisters(space: MmioSpace, offset: number, size: number, byte: number): void {
  for (let done = 0; done < size; ) {
    const width = widthAt(offset + done, size - done);
    space.write(offset + done, width, (byte * 0x0101_0101) >>> (8 * (4 - width)));
    done += width;
  }
}
