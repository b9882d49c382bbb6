import { isWaveform, type ResponsePart } from '../scpi/answer.ts';
import { ALIGNMENT, EOM, HEADER_SIZE, MessageId, paddedSize, TERM_CHAR, writeHeader } from './messages.ts';

/** Bytes that are searched for the TermChar at a time. */
const SEARCHED = 16 * 1024;

/** What the host asks for. */
export interface InRequest {
  readonly id: number;
  readonly tag: number;
  /** The most bytes that it takes. */
  readonly size: number;
  readonly termChar: number | undefined;
}

/** A response that the host fetches in one transfer or in several. */
export class Response {
  readonly length: number;
  readonly #parts: readonly ResponsePart[];
  /** Bytes that the host has. */
  sent = 0;

  constructor(parts: readonly ResponsePart[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, { length }) => sum + length, 0);
  }

  get done(): boolean {
    return this.sent >= this.length;
  }

  /** Writes the bytes from `at` on into the whole of `into`. @throws what the waveform of a program throws */
  async fill(at: number, into: Uint8Array): Promise<void> {
    let start = 0;
    for (const part of this.#parts) {
      const [from, to] = [Math.max(at, start), Math.min(at + into.length, start + part.length)];
      if (from < to) {
        const room = into.subarray(from - at, to - at);
        if (isWaveform(part)) await part.write(from - start, room);
        else room.set(part.subarray(from - start, to - start));
      }
      start += part.length;
    }
  }

  /** The next transfer of the response. */
  async transfer(request: InRequest): Promise<InTransfer> {
    const { id, tag, size: most, termChar } = request;
    const from = this.sent;
    let size = Math.min(most, this.length - from);
    const end = termChar === undefined ? undefined : await this.#find(termChar, from, size);
    if (end !== undefined) size = end - from;
    const attributes =
      id === MessageId.VENDOR_SPECIFIC_IN
        ? 0
        : (from + size === this.length ? EOM : 0) | (end === undefined ? 0 : TERM_CHAR);
    return new InTransfer(this, { id, tag, from, size, attributes });
  }

  /** The place behind the next TermChar. */
  async #find(termChar: number, from: number, size: number): Promise<number | undefined> {
    const bytes = new Uint8Array(Math.min(SEARCHED, size));
    for (let at = from; at < from + size; at += SEARCHED) {
      const searched = bytes.subarray(0, Math.min(SEARCHED, from + size - at));
      await this.fill(at, searched);
      const found = searched.indexOf(termChar);
      if (found >= 0) return at + found + 1;
    }
    return undefined;
  }
}

/** One transfer to the host: header, data and padding. */
export class InTransfer {
  /** Bytes in all. */
  readonly total: number;
  /** Bytes of data. */
  readonly size: number;
  readonly #response: Response;
  readonly #from: number;
  readonly #header = new Uint8Array(HEADER_SIZE);

  constructor(
    response: Response,
    fields: {
      readonly id: number;
      readonly tag: number;
      readonly from: number;
      readonly size: number;
      readonly attributes: number;
    },
  ) {
    this.#response = response;
    this.#from = fields.from;
    this.size = fields.size;
    this.total = paddedSize(fields.size);
    writeHeader(this.#header, fields);
  }

  /** Writes the bytes from `at` on into the whole of `into`. `at` is 0, or beyond the header. */
  async fill(at: number, into: Uint8Array): Promise<void> {
    const data = at === 0 ? HEADER_SIZE : at;
    if (at === 0) into.set(this.#header);
    const end = Math.min(at + into.length, HEADER_SIZE + this.size);
    if (data < end) await this.#response.fill(this.#from + data - HEADER_SIZE, into.subarray(data - at, end - at));
    // At most three bytes of padding.
    if (into.length - (end - at) < ALIGNMENT) into.fill(0, end - at);
  }
}
