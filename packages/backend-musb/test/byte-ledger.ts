/** The bytes from `at` up to but not including `end` of a stream in which every 4-byte word is its own position. */
export interface Span {
  readonly at: number;
  readonly end: number;
  /** Number of configurations that the host had set before the span was sent. */
  readonly session: number;
}

/** Makes the next `length` bytes of a stream from position `at` on; `length` is a multiple of 4. */
export function positions(at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let byte = 0; byte < length; byte += 4) view.setUint32(byte, at + byte, true);
  return bytes;
}

/** Finds which part of the stream the bytes are. @throws Error the bytes are not contiguous in it */
export function spanOf(bytes: Uint8Array, session: number): Span {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = bytes.length === 0 ? 0 : view.getUint32(0, true);
  for (let byte = 4; byte < bytes.length; byte += 4)
    if (view.getUint32(byte, true) !== at + byte) throw new Error(`Byte ${byte} does not follow ${at}.`);
  return { at, end: at + bytes.length, session };
}

/** The spans that one side sent and the spans that the other side received, in the order of completion. */
export class ByteLedger {
  /** Transfers that completed as `ok` for the sender. */
  readonly sent: Span[] = [];
  readonly received: Span[] = [];
  #next = 0;

  /** The bytes of the next transfer. */
  take(length: number): Uint8Array {
    const bytes = positions(this.#next, length);
    this.#next += length;
    return bytes;
  }

  /** Counts the bytes that were sent successfully and never received, by session. */
  lost(): Map<number, number> {
    const lost = new Map<number, number>();
    for (const { at, end, session } of this.sent) {
      const got = this.received.reduce(
        (sum, one) => sum + Math.max(0, Math.min(one.end, end) - Math.max(one.at, at)),
        0,
      );
      if (got < end - at) lost.set(session, (lost.get(session) ?? 0) + end - at - got);
    }
    return lost;
  }

  /** True if nothing was received twice or before what was sent earlier. */
  get inOrder(): boolean {
    return this.received.every(({ at }, index) => index === 0 || at >= this.received[index - 1]!.end);
  }

  /** Bytes that were received in a later session than the one they were sent in. */
  stale(): readonly Span[] {
    return this.received.filter(({ at, session }) =>
      this.sent.some((one) => one.at <= at && at < one.end && one.session < session),
    );
  }
}
