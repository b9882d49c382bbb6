/** The host gave up the download, reset the device or left. */
export class DownloadEnded extends Error {
  override readonly name = 'DownloadEnded';

  constructor() {
    super('the host ended the download before the image was complete.');
  }
}

/**
 * An image that a host downloads, block by block. The host waits until a block is taken before it sends the next one.
 * Iterate over it once, or read its `stream`.
 */
export class DfuImage implements AsyncIterable<Uint8Array> {
  /** Aborted if the host gives up the download, resets the device or leaves. */
  readonly signal: AbortSignal;
  readonly #ended = new AbortController();
  #block: Uint8Array | undefined;
  #complete = false;
  #bytes = 0;
  #wake: (() => void) | undefined;

  constructor() {
    this.signal = this.#ended.signal;
  }

  /** Bytes that the host has sent so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True while a block waits to be taken. @internal */
  get waiting(): boolean {
    return this.#block !== undefined;
  }

  /** Takes a block of the host. @internal */
  push(block: Uint8Array): void {
    this.#block = block;
    this.#bytes += block.length;
    this.#wake?.();
  }

  /** The image is complete. @internal */
  complete(): void {
    this.#complete = true;
    this.#wake?.();
  }

  /** The host ended the download. @internal */
  abort(): void {
    this.#ended.abort(new DownloadEnded());
    this.#wake?.();
  }

  /** The blocks as a Web stream. */
  stream(): ReadableStream<Uint8Array> {
    const blocks = this[Symbol.asyncIterator]();
    return new ReadableStream(
      {
        async pull(controller) {
          const { value, done } = await blocks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Collects the image.
   *
   * @param limit most bytes to accept
   * @throws RangeError the image is larger
   * @throws DownloadEnded the host ended the download
   */
  async collect(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    const blocks: Uint8Array[] = [];
    for await (const block of this) {
      if (this.#bytes > limit) throw new RangeError(`the image has more than ${limit} bytes.`);
      blocks.push(block);
    }
    const image = new Uint8Array(this.#bytes);
    let at = 0;
    for (const block of blocks) {
      image.set(block, at);
      at += block.length;
    }
    return image;
  }

  /** @throws DownloadEnded the host ended the download */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      this.signal.throwIfAborted();
      const block = this.#block;
      if (block !== undefined) {
        this.#block = undefined;
        yield block;
      } else if (this.#complete) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
