/** What a host can upload: bytes at once, or piece by piece. */
export type UploadSource = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Cuts an upload into the blocks that the host asks for. */
export class UploadReader {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(source: UploadSource) {
    if (source instanceof Uint8Array) this.#pieces = [source][Symbol.iterator]();
    else this.#pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** Returns the next `length` bytes, or fewer at the end. */
  async read(length: number): Promise<Uint8Array> {
    const block = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#pieces.next();
        if (done) break;
        this.#rest = Uint8Array.from(value);
        continue;
      }
      const piece = this.#rest.subarray(0, length - at);
      block.set(piece, at);
      at += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return block.subarray(0, at);
  }

  /** Ends the source, which may hold resources. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
