import { errnoCode, isKernelError, KernelError } from '@gadgetloom/core';
import type { DmaBuf, DmaFence } from '@gadgetloom/dmabuf';
import type { BufferSet, StackEndpoint } from '@gadgetloom/gadget';

/** DMABUFs that are attached to the IN endpoint, and sent in turn. */
export class WaveformBuffers {
  readonly #endpoint: StackEndpoint<'in'>;
  readonly #buffers: readonly DmaBuf[];
  readonly #detached = new Set<DmaBuf>();
  readonly #flights = new Map<DmaBuf, DmaFence>();

  private constructor(endpoint: StackEndpoint<'in'>, buffers: readonly DmaBuf[]) {
    this.#endpoint = endpoint;
    this.#buffers = buffers;
  }

  /**
   * Attaches the buffers.
   *
   * @throws KernelError EPERM the controller takes no scatter-gather; ENOTTY this kernel has no DMABUFs for FunctionFS
   */
  static async attach(endpoint: StackEndpoint<'in'>, set: BufferSet): Promise<WaveformBuffers> {
    try {
      for (const buffer of set) await endpoint.attachBlocking(buffer);
    } catch (error) {
      await set.close();
      throw error;
    }
    return new WaveformBuffers(endpoint, [...set]);
  }

  /**
   * Sends `total` bytes. While the controller sends some buffers, the next one is filled.
   *
   * @param sent called with the bytes of each piece that the host has taken
   * @throws KernelError a transfer failed
   * @throws the reason of `signal`, or what `fill` throws; no transfer is under way then
   */
  async send(
    total: number,
    fill: (at: number, into: Uint8Array) => Promise<void>,
    sent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const cancel = (): void => this.#cancel();
    signal.addEventListener('abort', cancel);
    try {
      await this.#attachAgain();
      let at = 0;
      const pieces: { buffer: DmaBuf; length: number }[] = [];
      for (let turn = 0; at < total; turn++) {
        const buffer = this.#buffers[turn % this.#buffers.length]!;
        if (pieces.length === this.#buffers.length) await this.#landed(pieces.shift()!, sent);
        signal.throwIfAborted();
        const length = Math.min(buffer.size, total - at);
        await buffer.beginCpuAccess('write');
        try {
          await fill(at, buffer.bytes().subarray(0, length));
        } finally {
          buffer.endCpuAccess('write');
        }
        signal.throwIfAborted();
        const fence = await this.#endpoint.transferBlocking(buffer, length);
        this.#flights.set(buffer, fence);
        if (signal.aborted) this.#cancel();
        pieces.push({ buffer, length });
        at += length;
      }
      for (const piece of pieces) await this.#landed(piece, sent);
    } catch (error) {
      if (signal.aborted) this.#cancel();
      await this.#settled();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async #landed(piece: { buffer: DmaBuf; length: number }, sent: (bytes: number) => void): Promise<void> {
    const status = await this.#flights.get(piece.buffer)!.wait();
    this.#flights.delete(piece.buffer);
    if (status < 0) throw new KernelError(errnoCode(-status), `transfer ${this.#endpoint.gadgetName}`);
    sent(piece.length);
  }

  async #settled(): Promise<void> {
    for (const [buffer, fence] of [...this.#flights]) {
      await fence.wait();
      this.#flights.delete(buffer);
    }
  }

  /** Detaching is the way to cancel a transfer. */
  #cancel(): void {
    // The newest first: otherwise the controller would begin with the next ones.
    for (const [buffer, fence] of [...this.#flights].reverse()) {
      if (fence.status !== 0 || this.#detached.has(buffer)) continue;
      this.#detached.add(buffer);
      ignoringKernel(() => this.#endpoint.detach(buffer));
    }
  }

  async #attachAgain(): Promise<void> {
    for (const buffer of [...this.#detached]) {
      await this.#endpoint.attachBlocking(buffer);
      this.#detached.delete(buffer);
    }
  }
}

/** For what an endpoint may refuse because its function is gone. */
function ignoringKernel(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}
