import { isKernelError, KernelError } from '@gadgetloom/core';
import type { StackEndpoint } from '@gadgetloom/gadget';
import type { BulkPipes, PipeBuffer } from '@gadgetloom/usb-classes/mass-storage';
import type { DiskBuffer } from './disk-buffer.ts';
import type { DiskEndpoints } from './disk-pipes.ts';
import { TransferOrder } from './transfer-order.ts';

/** Bytes from which on a DMABUF is worth its calls of the kernel. */
const WORTHWHILE = 8192;
/** How often an endpoint is asked to halt that still has data queued, a millisecond apart. */
const HALT_TRIES = 100;

/** The pipes of a disk while the host has the function enabled. */
export class SessionPipes implements BulkPipes, AsyncDisposable {
  readonly bufferSize: number;
  readonly buffers: number;
  readonly #endpoints: DiskEndpoints;
  readonly #packet: number;
  readonly #signal: AbortSignal;
  readonly #pause: () => Promise<void>;
  readonly #free: DiskBuffer[];
  readonly #takers: { readonly give: (buffer: DiskBuffer) => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #order = { in: new TransferOrder(), out: new TransferOrder() };
  /** Calls that are not over. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** Transfers without a copy. */
  readonly #moving = new Map<DiskBuffer, StackEndpoint>();
  /** Why nothing may begin. */
  #stopped: unknown = undefined;
  readonly #onAbort = (): void => this.#stop(this.#signal.reason);

  /**
   * @param packet bytes of a packet, at the speed of the session
   * @param pause waits for a short time
   */
  constructor(
    endpoints: DiskEndpoints,
    buffers: readonly DiskBuffer[],
    packet: number,
    signal: AbortSignal,
    pause: () => Promise<void>,
  ) {
    this.#endpoints = endpoints;
    this.#free = [...buffers];
    this.#packet = packet;
    this.#signal = signal;
    this.#pause = pause;
    this.bufferSize = buffers[0]!.bytes.length;
    this.buffers = buffers.length;
    if (signal.aborted) this.#stop(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async take(): Promise<PipeBuffer> {
    this.#check();
    return this.#free.pop() ?? new Promise<DiskBuffer>((give, reject) => this.#takers.push({ give, reject }));
  }

  release(buffer: PipeBuffer): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#free.push(buffer as DiskBuffer);
    else taker.give(buffer as DiskBuffer);
  }

  send(given: PipeBuffer, length: number, zero: boolean): Promise<void> {
    const buffer = given as DiskBuffer;
    const endpoint = this.#endpoints.in;
    return this.#track(async () => {
      try {
        if (length >= WORTHWHILE && buffer.isAttached(endpoint))
          await this.#move(buffer, endpoint, () => buffer.send(endpoint, length).over);
        else await this.#write(buffer.bytes.subarray(0, length));
        if (zero && length > 0 && length % this.#packet === 0) await this.#write(new Uint8Array(0));
      } finally {
        this.release(buffer);
      }
    });
  }

  receive(given: PipeBuffer, length: number): Promise<number> {
    const buffer = given as DiskBuffer;
    const endpoint = this.#endpoints.out;
    return this.#track(async () => {
      try {
        if (length >= WORTHWHILE && length % this.#packet === 0 && buffer.isAttached(endpoint))
          return await this.#move(buffer, endpoint, () => buffer.receive(endpoint, length).over);
        // Whole packets: a request that a packet does not fit into fails with EOVERFLOW.
        const room = Math.ceil(length / this.#packet) * this.#packet;
        return await this.#read(buffer.bytes.subarray(0, room));
      } catch (error) {
        this.release(buffer);
        throw error;
      }
    });
  }

  sendSmall(bytes: Uint8Array): Promise<void> {
    return this.#track(() => this.#write(bytes));
  }

  receiveSmall(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#packet);
    return this.#track(async () => bytes.subarray(0, await this.#read(bytes)));
  }

  /** FunctionFS cannot wedge: a host that clears the halt finds an endpoint that is silent until it resets the disk. */
  async halt(direction: 'in' | 'out', _wedge: boolean): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.#check();
      try {
        return await this.#endpoints[direction].halt();
      } catch (error) {
        if (!isKernelError(error, 'EAGAIN') || tries === HALT_TRIES) throw error;
        await this.#pause();
      }
    }
  }

  async clearHalts(): Promise<void> {
    for (const endpoint of [this.#endpoints.in, this.#endpoints.out]) await quietly(endpoint.clearHalt());
  }

  async cancel(): Promise<void> {
    if (this.#stopped === undefined) {
      const reason = new KernelError('ECONNRESET', 'transfer', 'the transfer was cancelled.');
      this.#stop(reason);
      for (const [buffer, endpoint] of this.#moving) buffer.cancel(endpoint);
      await this.#settled();
      // The host may have left meanwhile.
      if (this.#stopped === reason) this.#stopped = undefined;
    }
    await this.#settled();
    // After the session, what is in the FIFOs is for the next one.
    if (this.#stopped !== undefined) return;
    for (const endpoint of [this.#endpoints.in, this.#endpoints.out]) await quietly(endpoint.fifoFlush());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.cancel();
  }

  /** Ends the calls that wait on the files, and keeps all others from beginning. */
  #stop(reason: unknown): void {
    this.#stopped = reason;
    for (const { reject } of this.#takers.splice(0)) reject(reason);
    this.#endpoints.in.interrupt();
    this.#endpoints.out.interrupt();
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
  }

  #write(bytes: Uint8Array): Promise<void> {
    return this.#begin('in', true, async () => void (await this.#endpoints.in.write(bytes)));
  }

  #read(into: Uint8Array): Promise<number> {
    return this.#begin('out', true, () => this.#endpoints.out.read(into));
  }

  /** Moves a buffer without a copy. */
  #move<T>(buffer: DiskBuffer, endpoint: StackEndpoint, transfer: () => Promise<T>): Promise<T> {
    return this.#begin(endpoint.direction, false, async () => {
      this.#moving.set(buffer, endpoint);
      try {
        return await transfer();
      } finally {
        this.#moving.delete(buffer);
      }
    });
  }

  #begin<T>(direction: 'in' | 'out', copied: boolean, begin: () => Promise<T>): Promise<T> {
    return this.#order[direction].add(copied, async () => {
      this.#check();
      try {
        return await begin();
      } catch (error) {
        // What was interrupted was cancelled.
        if (isKernelError(error, 'EINTR') && this.#stopped !== undefined) throw this.#stopped;
        // The endpoints may be enabled again before the end of this session is told: nothing of it may begin then.
        if (isKernelError(error, 'ESHUTDOWN')) this.#stopped ??= error;
        throw error;
      }
    });
  }

  async #track<T>(call: () => Promise<T>): Promise<T> {
    const result = call();
    this.#underWay.add(result);
    try {
      return await result;
    } finally {
      this.#underWay.delete(result);
    }
  }

  #check(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }
}

/** Waits for a call that an endpoint may refuse. */
async function quietly(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!isKernelError(error)) throw error;
  });
}
