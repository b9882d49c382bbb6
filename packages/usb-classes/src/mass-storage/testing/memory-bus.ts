import { KernelError } from '@gadgetloom/core';
import type { BulkPipes, PipeBuffer } from '../bulk-only/pipes.ts';
import type { HostPipes } from './bulk-only-host.ts';

/** What a {@link MemoryBus} takes. */
export interface MemoryBusOptions {
  /** Bytes of a packet; 512 unless given. */
  readonly packet?: number;
  /** Bytes of a buffer of the disk; 16 KiB unless given. */
  readonly bufferSize?: number;
  /** Buffers of the disk; 2 unless given. */
  readonly buffers?: number;
}

/** Something that waits for packets. */
interface Wait {
  readonly check: () => boolean;
  readonly reject: (error: Error) => void;
}

interface Sending {
  /** Packets that the host has not taken. */
  packets: Uint8Array[];
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

/** Both ends of two bulk endpoints, in memory, packet by packet. For tests of disks and of their hosts. */
export class MemoryBus implements BulkPipes {
  readonly bufferSize: number;
  readonly buffers: number;
  /** What the host's end does to reset the disk. */
  onReset: () => Promise<void> = async () => {};
  readonly halted = { in: false, out: false };
  readonly #packet: number;
  #free: PipeBuffer[];
  #takers: { readonly give: (buffer: PipeBuffer) => void; readonly reject: (error: Error) => void }[] = [];
  #out: Uint8Array[] = [];
  #receivers: Wait[] = [];
  #in: Sending[] = [];
  #readers: Wait[] = [];
  #wedged = false;
  #gone = false;

  constructor({ packet = 512, bufferSize = 16 * 1024, buffers = 2 }: MemoryBusOptions = {}) {
    this.#packet = packet;
    this.bufferSize = bufferSize;
    this.buffers = buffers;
    this.#free = Array.from({ length: buffers }, () => ({ bytes: new Uint8Array(bufferSize) }));
  }

  /** Buffers that nobody has. */
  get free(): number {
    return this.#free.length;
  }

  take(): Promise<PipeBuffer> {
    const buffer = this.#free.pop();
    if (buffer !== undefined) return Promise.resolve(buffer);
    return new Promise((give, reject) => this.#takers.push({ give, reject }));
  }

  release(buffer: PipeBuffer): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) taker.give(buffer);
    else if (this.#free.includes(buffer)) throw new Error('a buffer was released twice.');
    else this.#free.push(buffer);
  }

  async send(buffer: PipeBuffer, length: number, zero: boolean): Promise<void> {
    try {
      await this.#queue(buffer.bytes.slice(0, length), zero);
    } finally {
      this.release(buffer);
    }
  }

  async receive(buffer: PipeBuffer, length: number): Promise<number> {
    try {
      const whole = Math.ceil(length / this.#packet) * this.#packet;
      const bytes = await this.#receive(whole);
      buffer.bytes.set(bytes.subarray(0, buffer.bytes.length));
      return bytes.length;
    } catch (error) {
      this.release(buffer);
      throw error;
    }
  }

  sendSmall(bytes: Uint8Array): Promise<void> {
    return this.#queue(bytes.slice(), false);
  }

  receiveSmall(): Promise<Uint8Array> {
    return this.#receive(this.#packet);
  }

  async halt(direction: 'in' | 'out', wedge: boolean): Promise<void> {
    if (direction === 'in' && this.#in.length > 0) throw new Error('halted while data is queued.');
    this.halted[direction] = true;
    this.#wedged ||= wedge;
    this.#wake();
  }

  async clearHalts(): Promise<void> {
    this.#wedged = false;
    this.halted.in = false;
    this.halted.out = false;
    this.#wake();
  }

  async cancel(): Promise<void> {
    const error = new KernelError(this.#gone ? 'ESHUTDOWN' : 'ECONNRESET', 'transfer');
    for (const { reject } of [...this.#takers.splice(0), ...this.#receivers.splice(0)]) reject(error);
    for (const { fail } of this.#in.splice(0)) fail(error);
    this.#out = [];
    // The callers' own cleaning up comes first.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** The host leaves, or disables the endpoints. */
  async disconnect(): Promise<void> {
    this.#gone = true;
    await this.cancel();
    for (const { check } of this.#readers.splice(0)) check();
  }

  /** The host gives up what it reads: packets from now on are for others. */
  forgetReaders(): void {
    this.#readers = [];
  }

  /** The host's end. */
  get host(): HostPipes {
    return {
      send: async (bytes) => {
        if (this.halted.out) return false;
        for (let at = 0; at < bytes.length || at === 0; at += this.#packet)
          this.#out.push(bytes.slice(at, at + this.#packet));
        this.#wake();
        return true;
      },
      receive: (length) => this.#fetch(length),
      clearHalt: async (direction) => {
        if (!this.#wedged || direction === 'out') this.halted[direction] = false;
        this.#wake();
      },
      reset: () => this.onReset(),
    };
  }

  #queue(bytes: Uint8Array, zero: boolean): Promise<void> {
    const packets: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += this.#packet) packets.push(bytes.subarray(at, at + this.#packet));
    if (bytes.length === 0 || (zero && bytes.length % this.#packet === 0)) packets.push(new Uint8Array(0));
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(new KernelError('ESHUTDOWN', 'transfer'));
      this.#in.push({ packets, done: resolve, fail: reject });
      this.#wake();
    });
  }

  #receive(length: number): Promise<Uint8Array> {
    const got: Uint8Array[] = [];
    let count = 0;
    return this.#wait(this.#receivers, () => {
      if (this.halted.out) return undefined;
      while (this.#out.length > 0) {
        const packet = this.#out.shift()!;
        got.push(packet);
        count += packet.length;
        if (packet.length < this.#packet || count >= length) return joined(got, count);
      }
      return undefined;
    });
  }

  #fetch(length: number): Promise<Uint8Array | undefined> {
    const got: Uint8Array[] = [];
    let count = 0;
    let end = false;
    const wait = this.#wait<Uint8Array | 'halted'>(this.#readers, () => {
      if (this.halted.in) return 'halted';
      while (!end && this.#in.length > 0) {
        const first = this.#in[0]!;
        const packet = first.packets.shift()!;
        if (first.packets.length === 0) {
          this.#in.shift();
          first.done();
        }
        got.push(packet);
        count += packet.length;
        end = packet.length < this.#packet || count >= length;
      }
      return end || this.#gone ? joined(got, count) : undefined;
    });
    return wait.then((bytes) => (bytes === 'halted' ? undefined : bytes));
  }

  /** Resolves with what `look` finds, now or once something has changed. Those who wait take turns. */
  #wait<T>(waits: Wait[], look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#gone && waits === this.#receivers) return reject(new KernelError('ESHUTDOWN', 'transfer'));
      const check = (): boolean => {
        const found = look();
        if (found !== undefined) resolve(found);
        return found !== undefined;
      };
      waits.push({ check, reject });
      this.#wake();
    });
  }

  #wake(): void {
    for (const waits of [this.#receivers, this.#readers]) while (waits[0]?.check() === true) waits.shift();
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
