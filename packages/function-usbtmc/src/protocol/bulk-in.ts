import { isKernelError } from '@gadgetloom/core';
import type { BufferSet, StackEndpoint } from '@gadgetloom/gadget';
import type { InTransfer } from './response.ts';
import { WaveformBuffers } from './waveform-buffers.ts';

/** Bytes from which on a transfer is worth a DMABUF. */
const WORTHWHILE = 16 * 1024;
/** Bytes of a piece that is copied. FunctionFS copies it once more, into memory in one piece. */
const COPIED = 64 * 1024;

/** How long answers leave: without a copy, or copied. */
export type AnswerPath = 'dmabuf' | 'copy';

/** What {@link BulkIn} takes. */
export interface BulkInOptions {
  readonly endpoint: StackEndpoint<'in'>;
  /** Makes the buffers for long answers; without it everything is copied. */
  readonly allocate: (() => BufferSet) | undefined;
  readonly tell: (line: string) => void;
}

/** Sends transfers to the host. */
export class BulkIn {
  readonly #options: BulkInOptions;
  #buffers: WaveformBuffers | undefined;
  #path: AnswerPath | undefined;

  constructor(options: BulkInOptions) {
    this.#options = options;
    if (options.allocate === undefined) this.#path = 'copy';
  }

  /** `undefined` until the first long answer. */
  get path(): AnswerPath | undefined {
    return this.#path;
  }

  /**
   * Sends a transfer, and a zero-length packet if its last packet is full.
   *
   * @param sent called with the bytes of each piece that the host has taken
   * @throws KernelError, the reason of `signal`, or what fills the transfer throws
   */
  async send(transfer: InTransfer, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    const fill = (at: number, into: Uint8Array): Promise<void> => transfer.fill(at, into);
    const { endpoint } = this.#options;
    const buffers = transfer.total < WORTHWHILE ? undefined : await this.#shared();
    if (buffers !== undefined) {
      await buffers.send(transfer.total, fill, sent, signal);
      if (transfer.total % packetSize(endpoint) === 0) await this.end(signal);
      return;
    }
    for (let at = 0; at < transfer.total; at += COPIED) {
      const piece = new Uint8Array(Math.min(COPIED, transfer.total - at));
      await fill(at, piece);
      await endpoint.send(piece, { end: at + piece.length === transfer.total, signal });
      sent(piece.length);
    }
  }

  /** Sends a zero-length packet, which ends a transfer early. */
  async end(signal: AbortSignal): Promise<void> {
    await this.#options.endpoint.send(new Uint8Array(0), { signal });
  }

  /** Drops what the controller still has after a transfer was cancelled. Some controllers cannot. */
  async flush(): Promise<void> {
    await this.#options.endpoint.fifoFlush().catch((error: unknown) => {
      if (!isKernelError(error)) throw error;
    });
  }

  async #shared(): Promise<WaveformBuffers | undefined> {
    if (this.#path !== undefined) return this.#buffers;
    try {
      this.#buffers = await WaveformBuffers.attach(this.#options.endpoint, this.#options.allocate!());
      this.#path = 'dmabuf';
    } catch (error) {
      const copying = isKernelError(error, 'EPERM') || isKernelError(error, 'ENOTTY') || isKernelError(error, 'ENOMEM');
      if (!copying) throw error;
      this.#path = 'copy';
      this.#options.tell(`long answers are copied: ${error.message}`);
    }
    return this.#buffers;
  }
}

/** Bytes of a packet at the speed of the session. */
export function packetSize({ descriptor }: StackEndpoint): number {
  return (descriptor?.maxPacketSize ?? 0) & 0x7ff || 512;
}
