import { type Clock, errnoCode, isKernelError, KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import { type GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';
import type { BulkPipes, PipeBuffer } from '@gadgetloom/usb-classes/mass-storage';
import { attempt } from '../serial/endpoint-set.ts';

/** FSG_BUFLEN. */
const BUFFER = 16 * 1024;
/** CONFIG_USB_GADGET_STORAGE_NUM_BUFFERS of the kernels that are recorded. */
const BUFFERS = 2;
/** What a halt waits before it is tried again (halt_bulk_in_endpoint). */
const HALT_PAUSE = 100 * MILLISECOND;

interface Queued {
  readonly endpoint: GadgetEndpoint;
  readonly over: Promise<unknown>;
}

/** The pipes of a disk on the endpoints of a simulated controller, as f_mass_storage.c drives them. */
export class RequestPipes implements BulkPipes {
  readonly bufferSize = BUFFER;
  readonly buffers = BUFFERS;
  readonly #in: GadgetEndpoint;
  readonly #out: GadgetEndpoint;
  readonly #clock: Clock;
  readonly #free: PipeBuffer[];
  readonly #takers: { readonly give: (buffer: PipeBuffer) => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #queued = new Map<UsbRequest, Queued>();
  #stopped = false;

  constructor(source: GadgetEndpoint, sink: GadgetEndpoint, clock: Clock) {
    this.#in = source;
    this.#out = sink;
    this.#clock = clock;
    this.#free = Array.from({ length: BUFFERS }, () => ({ bytes: new Uint8Array(BUFFER) }));
  }

  take(): Promise<PipeBuffer> {
    const buffer = this.#free.pop();
    if (buffer !== undefined) return Promise.resolve(buffer);
    return new Promise((give, reject) => this.#takers.push({ give, reject }));
  }

  release(buffer: PipeBuffer): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#free.push(buffer);
    else taker.give(buffer);
  }

  async send(buffer: PipeBuffer, length: number, zero: boolean): Promise<void> {
    try {
      await this.#queue(this.#in, buffer.bytes.subarray(0, length), zero);
    } finally {
      this.release(buffer);
    }
  }

  async receive(buffer: PipeBuffer, length: number): Promise<number> {
    try {
      return await this.#queue(this.#out, buffer.bytes.subarray(0, this.#wholePackets(length)), false);
    } catch (error) {
      this.release(buffer);
      throw error;
    }
  }

  async sendSmall(bytes: Uint8Array): Promise<void> {
    await this.#queue(this.#in, bytes.slice(), false);
  }

  async receiveSmall(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#wholePackets(1));
    return bytes.subarray(0, await this.#queue(this.#out, bytes, false));
  }

  async halt(direction: 'in' | 'out', wedge: boolean): Promise<void> {
    const endpoint = direction === 'in' ? this.#in : this.#out;
    for (;;) {
      try {
        if (wedge) endpoint.setWedge();
        else endpoint.setHalt(true);
        return;
      } catch (error) {
        // Only the IN endpoint is asked again; other refusals are logged.
        if (!isKernelError(error)) throw error;
        if (error.code !== 'EAGAIN' || direction === 'out') return;
      }
      await sleep(this.#clock, HALT_PAUSE);
    }
  }

  async clearHalts(): Promise<void> {
    attempt(() => this.#in.setHalt(false));
  }

  async cancel(): Promise<void> {
    const reason = new KernelError(this.#stopped ? 'ESHUTDOWN' : 'ECONNRESET', 'transfer');
    for (const { reject } of this.#takers.splice(0)) reject(reason);
    for (const [request, { endpoint }] of this.#queued) attempt(() => endpoint.dequeue(request));
    await Promise.allSettled([...this.#queued.values()].map(({ over }) => over));
    if (this.#stopped) return;
    for (const endpoint of [this.#in, this.#out]) if (endpoint.enabled) attempt(() => endpoint.fifoFlush());
  }

  /** Ends the session: cancels everything, and nothing begins any more. */
  stop(): void {
    this.#stopped = true;
    void this.cancel();
  }

  /** set_bulk_out_req_length: requests of whole packets. */
  #wholePackets(length: number): number {
    const packet = this.#out.maxPacket;
    return Math.ceil(length / packet) * packet;
  }

  /** Queues a request. @returns bytes moved @throws KernelError what it completed with */
  #queue(endpoint: GadgetEndpoint, bytes: Uint8Array, zero: boolean): Promise<number> {
    const request = new UsbRequest();
    request.buffer = bytes;
    request.length = bytes.length;
    request.zero = zero;
    const over = new Promise<number>((resolve, reject) => {
      if (this.#stopped) throw new KernelError('ESHUTDOWN', `transfer ${endpoint.name}`);
      request.complete = (_, { status, actual }) => {
        this.#queued.delete(request);
        if (status === 0) resolve(actual);
        else reject(new KernelError(this.#stopped ? 'ESHUTDOWN' : errnoCode(-status), `transfer ${endpoint.name}`));
      };
      endpoint.queue(request);
    });
    this.#queued.set(request, { endpoint, over });
    // One that could not be queued does not complete.
    over.catch(() => this.#queued.delete(request));
    return over;
  }
}
