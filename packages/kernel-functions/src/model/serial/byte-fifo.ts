/** A ring of bytes (struct kfifo). */
export class ByteFifo {
  readonly #bytes: Uint8Array;
  #start = 0;
  #length = 0;

  /** @param size most bytes */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** Bytes in it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#bytes.length - this.#length;
  }

  /** Adds as many bytes as fit. @returns their number */
  put(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    const at = (this.#start + this.#length) % this.#bytes.length;
    const first = Math.min(count, this.#bytes.length - at);
    this.#bytes.set(bytes.subarray(0, first), at);
    this.#bytes.set(bytes.subarray(first, count), 0);
    this.#length += count;
    return count;
  }

  /** Takes as many bytes as there are and fit. @returns their number */
  take(into: Uint8Array): number {
    const count = Math.min(into.length, this.#length);
    const first = Math.min(count, this.#bytes.length - this.#start);
    into.set(this.#bytes.subarray(this.#start, this.#start + first));
    into.set(this.#bytes.subarray(0, count - first), first);
    this.#start = (this.#start + count) % this.#bytes.length;
    this.#length -= count;
    return count;
  }

  clear(): void {
    this.#length = 0;
  }
}
