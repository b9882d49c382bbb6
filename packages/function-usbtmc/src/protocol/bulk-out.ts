import { KernelError } from '@gadgetloom/core';
import type { StackEndpoint } from '@gadgetloom/gadget';
import { packetSize } from './bulk-in.ts';
import { type BulkHeader, HEADER_SIZE, MessageId, paddedSize, parseHeader } from './messages.ts';

/** Bytes of a read. */
const PIECE = 64 * 1024;

/** Who gets what the host sends. */
export interface BulkOutSink {
  /** False refuses the message: it is unknown, or not allowed now. */
  begin(header: BulkHeader): boolean | Promise<boolean>;
  data(header: BulkHeader, bytes: Uint8Array): void;
  end(header: BulkHeader): void | Promise<void>;
  /** The transfer ended wrongly or was aborted. */
  dropped(header: BulkHeader): void;
}

/** A transfer that is being received. */
interface Current {
  readonly header: BulkHeader;
  readonly abort: AbortController;
  received: number;
}

/** Receives transfers of the host. It halts the endpoint after anything that is no message. */
export class BulkOut {
  readonly #endpoint: StackEndpoint<'out'>;
  readonly #sink: BulkOutSink;
  #current: Current | undefined;
  /** Bytes of the transfer that was aborted last. */
  #aborted = 0;
  /** True after an abort: what arrives next may be the rest of what was aborted. */
  #suspicious = false;

  constructor(endpoint: StackEndpoint<'out'>, sink: BulkOutSink) {
    this.#endpoint = endpoint;
    this.#sink = sink;
  }

  /** Receives until the session ends. @throws the reason of `signal`; KernelError */
  async serve(signal: AbortSignal): Promise<void> {
    for (;;) {
      // One packet: a message that ends with a full one has nothing behind it.
      const packet = await this.#endpoint.receive({ size: 1, signal });
      if (packet.length === 0) continue;
      const taken = await this.#take(packet, signal);
      if (!taken && !this.#suspicious) await this.halt();
      this.#suspicious = false;
    }
  }

  /** Tag of the transfer that is being received. */
  get tag(): number | undefined {
    return this.#current?.header.tag;
  }

  /** Bytes of data of the transfer that was aborted last. */
  get aborted(): number {
    return this.#aborted;
  }

  /** Ends the transfer that is being received, and halts the endpoint. */
  async abort(): Promise<void> {
    this.#suspicious = true;
    this.#aborted = this.#current?.received ?? 0;
    this.#current?.abort.abort(new KernelError('ECONNRESET', 'receive a message', 'the host aborted it.'));
    await this.halt();
  }

  /** Halts the endpoint until the host clears the halt. */
  async halt(): Promise<void> {
    await this.#endpoint.halt().catch((error: unknown) => {
      // It is disabled, and the session about to end.
      if (!(error instanceof KernelError)) throw error;
    });
  }

  /** @returns false if it was no message */
  async #take(packet: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const header = parseHeader(packet);
    if (header === undefined) return false;
    const data = header.id === MessageId.DEV_DEP_MSG_OUT || header.id === MessageId.VENDOR_SPECIFIC_OUT;
    const total = data ? paddedSize(header.size) : HEADER_SIZE;
    const trigger = header.id === MessageId.TRIGGER;
    if (packet.length > total || (!trigger && header.size === 0)) return false;
    if (!(await this.#sink.begin(header))) return false;
    if (data && !(await this.#data(header, packet, total, signal))) {
      this.#sink.dropped(header);
      return false;
    }
    await this.#sink.end(header);
    return true;
  }

  /** @returns false if the transfer has fewer or more bytes than its header says, or was aborted */
  async #data(header: BulkHeader, first: Uint8Array, total: number, session: AbortSignal): Promise<boolean> {
    const abort = new AbortController();
    const current: Current = { header, abort, received: 0 };
    this.#current = current;
    const signal = AbortSignal.any([session, abort.signal]);
    const end = HEADER_SIZE + header.size;
    try {
      let at = 0;
      let piece = first;
      let room = packetSize(this.#endpoint);
      for (;;) {
        const data = piece.subarray(Math.max(0, HEADER_SIZE - at), Math.max(0, end - at));
        this.#sink.data(header, data);
        current.received += data.length;
        at += piece.length;
        if (at >= total || (at >= end && piece.length < room)) return at <= total;
        if (piece.length < room) return false;
        const size = Math.min(PIECE, total - at);
        piece = await this.#endpoint.receive({ size, signal });
        room = size;
      }
    } catch (error) {
      if (abort.signal.aborted && !session.aborted) return false;
      throw error;
    } finally {
      this.#current = undefined;
    }
  }
}
