/** A part of the guest's memory that is mapped here. */
export class MemoryRegion {
  /** Guest physical address. */
  readonly guestAddress: number;
  /** Address in the front end. The addresses of virtqueues are of this kind. */
  readonly userAddress: number;
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;

  constructor(guestAddress: number, userAddress: number, bytes: Uint8Array) {
    this.guestAddress = guestAddress;
    this.userAddress = userAddress;
    this.bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }

  /** A little-endian word. @param offset in the region, where 4 bytes are */
  read32(offset: number): number {
    if (offset % 4 === 0) return Atomics.load(this.#words, offset / 4);
    const { bytes } = this;
    return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
  }

  /** Writes a little-endian word. @param offset in the region, where 4 bytes are */
  write32(offset: number, value: number): void {
    if (offset % 4 === 0) {
      Atomics.store(this.#words, offset / 4, value);
      return;
    }
    const { bytes } = this;
    for (let index = 0; index < 4; index++) bytes[offset + index] = value >>> (8 * index);
  }
}
