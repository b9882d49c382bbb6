import { type Clock, isKernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import type { BufferSet, StackEndpoint } from '@gadgetloom/gadget';
import { DiskBuffer } from './disk-buffer.ts';
import { SessionPipes } from './session-pipes.ts';

/** The two endpoints of a disk. */
export interface DiskEndpoints {
  readonly in: StackEndpoint<'in'>;
  readonly out: StackEndpoint<'out'>;
}

/** What {@link DiskPipes} takes. */
export interface DiskPipesOptions {
  readonly endpoints: DiskEndpoints;
  readonly clock: Clock;
  /** Bytes of a buffer: a multiple of 4 KiB. */
  readonly bufferSize: number;
  readonly buffers: number;
  /** Makes DMABUFs; without it data is copied. */
  readonly allocate?: (() => BufferSet) | undefined;
}

/** FunctionFS copies into memory in one piece, of which the kernel has no large ones to spare. */
const LARGEST_COPY = 64 * 1024;

/**
 * The pipes of a disk on two endpoints of a stack. Blocks move in DMABUFs where the controller takes them, and are copied
 * otherwise. Commands and statuses are always copied, because FunctionFS does not tell the length of what arrives in a
 * DMABUF.
 */
export class DiskPipes {
  readonly #options: DiskPipesOptions;
  #buffers: readonly DiskBuffer[] | undefined = undefined;

  constructor(options: DiskPipesOptions) {
    this.#options = options;
  }

  /** `'copy'` once the controller has refused DMABUFs, or if none are wanted. `undefined`: no host was there yet. */
  get path(): 'dmabuf' | 'copy' | undefined {
    const first = this.#buffers?.[0];
    if (first === undefined) return undefined;
    return first.isAttached(this.#options.endpoints.in) ? 'dmabuf' : 'copy';
  }

  /** Opens the pipes for one session, in which the endpoints are enabled. */
  async open(signal: AbortSignal): Promise<SessionPipes> {
    const { endpoints, clock } = this.#options;
    this.#buffers ??= await this.#makeBuffers();
    const { maxPacketSize } = await endpoints.out.endpointDescriptor();
    // The session before may have sent something after the host had enabled the endpoints anew, and before it was told.
    await endpoints.in.fifoFlush().catch((error: unknown) => {
      if (!isKernelError(error)) throw error;
    });
    return new SessionPipes(endpoints, this.#buffers, maxPacketSize & 0x7ff, signal, () => sleep(clock, MILLISECOND));
  }

  async #makeBuffers(): Promise<readonly DiskBuffer[]> {
    const { endpoints, allocate, buffers, bufferSize } = this.#options;
    const shared = allocate?.();
    if (shared !== undefined)
      try {
        const made: DiskBuffer[] = [];
        for (const buffer of shared) made.push(await DiskBuffer.shared(buffer, [endpoints.in, endpoints.out]));
        return made;
      } catch (error) {
        await shared.close();
        // No scatter-gather, or a kernel without DMABUFs in FunctionFS.
        if (!isKernelError(error, 'EPERM') && !isKernelError(error, 'ENOTTY')) throw error;
      }
    return Array.from({ length: buffers }, () => DiskBuffer.plain(Math.min(bufferSize, LARGEST_COPY)));
  }
}
