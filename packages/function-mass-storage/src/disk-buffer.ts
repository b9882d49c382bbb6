import { errnoCode, isKernelError, KernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { StackEndpoint } from '@gadgetloom/gadget';
import type { PipeBuffer } from '@gadgetloom/usb-classes/mass-storage';

/** Bytes at the end of a buffer by which a transfer is recognised that ended early. */
const MARK = 8;

/** A transfer that has begun. */
export interface Begun<T> {
  /** Settles when it is over. */
  readonly over: Promise<T>;
}

/** Memory for one piece of data: a DMABUF that is attached to both endpoints of a disk, or plain bytes. */
export class DiskBuffer implements PipeBuffer {
  readonly bytes: Uint8Array;
  readonly #shared: DmaBuf | undefined;
  readonly #attached = new Set<StackEndpoint>();
  /** The endpoint whose transfer was cancelled. */
  #cancelled: StackEndpoint | undefined = undefined;

  private constructor(bytes: Uint8Array, shared: DmaBuf | undefined) {
    this.bytes = bytes;
    this.#shared = shared;
  }

  static plain(size: number): DiskBuffer {
    return new DiskBuffer(new Uint8Array(size), undefined);
  }

  /**
   * Attaches a DMABUF to the endpoints, and opens it for the processor. It stays open but for its transfers.
   *
   * @throws KernelError EPERM the controller takes no scatter-gather; ENOTTY this kernel has no DMABUFs for FunctionFS
   */
  static async shared(buffer: DmaBuf, endpoints: readonly StackEndpoint[]): Promise<DiskBuffer> {
    const made = new DiskBuffer(buffer.bytes(), buffer);
    for (const endpoint of endpoints) {
      await endpoint.attachBlocking(buffer);
      made.#attached.add(endpoint);
    }
    await buffer.beginCpuAccess('read-write');
    return made;
  }

  /** True if a transfer on the endpoint needs no copy. */
  isAttached(endpoint: StackEndpoint): boolean {
    return this.#attached.has(endpoint);
  }

  /** Sends without a copy. @throws KernelError it could not begin */
  send(endpoint: StackEndpoint, length: number): Begun<void> {
    const over = this.#transfer(endpoint, length);
    return { over };
  }

  /**
   * Receives without a copy. The kernel does not tell how many bytes have arrived. So the end of the buffer is marked
   * before: a mark that is still there afterwards says that at least {@link MARK} bytes are missing.
   *
   * @returns settles with `length`, or with 0 if the host ended early
   * @throws KernelError it could not begin
   */
  receive(endpoint: StackEndpoint, length: number): Begun<number> {
    const mark = crypto.getRandomValues(new Uint8Array(MARK));
    this.bytes.set(mark, length - MARK);
    const over = this.#transfer(endpoint, length);
    return {
      over: over.then(() => {
        const end = this.bytes.subarray(length - MARK, length);
        return end.every((byte, index) => byte === mark[index]) ? 0 : length;
      }),
    };
  }

  /** Cancels the transfer on the endpoint, which then fails with ECONNRESET. Copied transfers are interrupted instead. */
  cancel(endpoint: StackEndpoint): void {
    if (this.#shared === undefined || !this.#attached.has(endpoint) || this.#cancelled !== undefined) return;
    this.#cancelled = endpoint;
    this.#attached.delete(endpoint);
    try {
      endpoint.detach(this.#shared);
    } catch (error) {
      // It is not bound any more: that has ended the transfer.
      if (!isKernelError(error)) throw error;
    }
  }

  #transfer(endpoint: StackEndpoint, length: number): Promise<void> {
    const shared = this.#shared!;
    shared.endCpuAccess('read-write');
    try {
      const fence = endpoint.transfer(shared, length);
      return fence.wait().then((status) => this.#ended(status));
    } catch (error) {
      return this.#ended(0).then(() => {
        throw error;
      });
    }
  }

  async #ended(status: number): Promise<void> {
    await this.#shared!.beginCpuAccess('read-write');
    const endpoint = this.#cancelled;
    if (endpoint !== undefined) {
      this.#cancelled = undefined;
      await endpoint.attachBlocking(this.#shared!).then(
        () => this.#attached.add(endpoint),
        // From now on data is copied; should the function be gone, the next transfer tells.
        (error: unknown) => {
          if (!isKernelError(error)) throw error;
        },
      );
    }
    if (status < 0) throw new KernelError(errnoCode(-status), `transfer ${endpoint?.gadgetName ?? 'a DMABUF'}`);
  }
}
