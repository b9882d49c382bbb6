import { copyBytes } from '@gadgetloom/core';

/**
 * The FIFO of one direction of an endpoint: one or two places for packets in the RAM that all FIFOs share. On one side
 * the CPU or DMA works byte by byte at a cursor, on the other side whole packets come and go.
 */
export class PacketFifo {
  /** Bytes of a place. */
  size = 8;
  /** Packets that are in. */
  count = 0;
  /** Bytes of the place at the cursor that the CPU's side has loaded or unloaded. */
  cursor = 0;
  readonly #ram: Uint8Array;
  readonly #lengths: [number, number] = [0, 0];
  #base = 0;
  #places = 1;
  #head = 0;

  constructor(ram: Uint8Array) {
    this.#ram = ram;
  }

  /** Takes its part of the RAM, which may overlap those of others: the chip does not mind. */
  configure(base: number, size: number, double: boolean): void {
    this.#base = base;
    this.size = size;
    this.#places = double ? 2 : 1;
    this.reset();
  }

  get full(): boolean {
    return this.count === this.#places;
  }

  /** Bytes of the packet that came first; 0 without one. */
  get headLength(): number {
    return this.count === 0 ? 0 : this.#lengths[this.#head as 0 | 1];
  }

  /** Bytes of the first packet that the CPU's side has not unloaded. */
  get unread(): number {
    return this.headLength - this.cursor;
  }

  /** Empties it. */
  reset(): void {
    this.count = 0;
    this.cursor = 0;
    this.#head = 0;
  }

  /** Where the next byte of the packet that is being loaded goes in the RAM. */
  get loadAddress(): number {
    return this.#place(this.#head + this.count) + this.cursor;
  }

  /** Where the next byte of the first packet is in the RAM. */
  get unloadAddress(): number {
    return this.#place(this.#head) + this.cursor;
  }

  /** The CPU's side of a transmit FIFO: bytes behind those that were loaded; what does not fit is lost. */
  load(from: Uint8Array, at: number, length: number): void {
    const fits = Math.min(length, this.size - this.cursor, this.#ram.length - this.loadAddress);
    if (fits <= 0 || this.full) return;
    copyBytes(this.#ram, this.loadAddress, from, at, at + fits);
    this.cursor += fits;
  }

  /** The CPU's side of a receive FIFO: the next bytes of the first packet; nothing comes behind its end. */
  unload(into: Uint8Array, at: number, length: number): void {
    const there = Math.min(length, this.unread);
    if (there <= 0) return;
    copyBytes(into, at, this.#ram, this.unloadAddress, this.unloadAddress + there);
    this.cursor += there;
  }

  /** What was loaded is a packet. */
  commit(): void {
    this.#lengths[((this.#head + this.count) % this.#places) as 0 | 1] = this.cursor;
    this.count++;
    this.cursor = 0;
  }

  /** The first packet is done with. */
  release(): void {
    this.#head = (this.#head + 1) % this.#places;
    this.count--;
    this.cursor = 0;
  }

  /** Drops the packet that came last, and what was being loaded. */
  dropLast(): void {
    if (this.count > 0) this.count--;
    this.cursor = 0;
  }

  /** The bus' side: copies a part of the first packet. */
  copyOut(from: number, into: Uint8Array, at: number, length: number): void {
    const start = this.#place(this.#head) + from;
    copyBytes(into, at, this.#ram, start, start + length);
  }

  /** The bus' side: puts bytes behind those of the packet that is arriving, of which `already` are there. */
  copyIn(already: number, from: Uint8Array, at: number, length: number): void {
    copyBytes(this.#ram, this.#place(this.#head + this.count) + already, from, at, at + length);
  }

  /** The bus' side: a packet has arrived. */
  arrive(length: number): void {
    this.#lengths[((this.#head + this.count) % this.#places) as 0 | 1] = length;
    this.count++;
  }

  /** True if packets of so many bytes fit, in the FIFO and in the RAM. */
  holds(length: number): boolean {
    return length <= this.size && this.#base + this.#places * this.size <= this.#ram.length;
  }

  #place(index: number): number {
    return this.#base + (index % this.#places) * this.size;
  }
}
