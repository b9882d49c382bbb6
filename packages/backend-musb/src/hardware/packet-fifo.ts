import { copyBytes } from '@gadgetloom/core';

/**
 * The FIFO of one direction of an endpoint: one or two places for packets in the RAM that all FIFOs share. On one side
 * the CPU or DMA moves bytes at a cursor; on the other side the bus moves whole packets.
 */
export class PacketFifo {
  /** Bytes of a place. */
  size = 8;
  /** Number of packets in the FIFO. */
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

  /** Assigns a part of the RAM. It may overlap the parts of other FIFOs: the chip does not check. */
  configure(base: number, size: number, double: boolean): void {
    this.#base = base;
    this.size = size;
    this.#places = double ? 2 : 1;
    this.reset();
  }

  get full(): boolean {
    return this.count === this.#places;
  }

  /** Bytes of the first packet; 0 without one. */
  get headLength(): number {
    return this.count === 0 ? 0 : this.#lengths[this.#head as 0 | 1];
  }

  /** Bytes of the first packet that the CPU's side has not unloaded yet. */
  get unread(): number {
    return this.headLength - this.cursor;
  }

  /** Empties the FIFO. */
  reset(): void {
    this.count = 0;
    this.cursor = 0;
    this.#head = 0;
  }

  /** Address in the RAM of the next byte to load. */
  get loadAddress(): number {
    return this.#place(this.#head + this.count) + this.cursor;
  }

  /** Address in the RAM of the next byte of the first packet to unload. */
  get unloadAddress(): number {
    return this.#place(this.#head) + this.cursor;
  }

  /**
   * The CPU's side of a transmit FIFO: appends bytes to the packet that is being loaded. Bytes that do not fit are
   * lost.
   */
  load(from: Uint8Array, at: number, length: number): void {
    const fits = Math.min(length, this.size - this.cursor, this.#ram.length - this.loadAddress);
    if (fits <= 0 || this.full) return;
    copyBytes(this.#ram, this.loadAddress, from, at, at + fits);
    this.cursor += fits;
  }

  /** The CPU's side of a receive FIFO: reads the next bytes of the first packet, and nothing beyond its end. */
  unload(into: Uint8Array, at: number, length: number): void {
    const there = Math.min(length, this.unread);
    if (there <= 0) return;
    copyBytes(into, at, this.#ram, this.unloadAddress, this.unloadAddress + there);
    this.cursor += there;
  }

  /** Makes the loaded bytes a packet. */
  commit(): void {
    this.#lengths[((this.#head + this.count) % this.#places) as 0 | 1] = this.cursor;
    this.count++;
    this.cursor = 0;
  }

  /** Removes the first packet. */
  release(): void {
    this.#head = (this.#head + 1) % this.#places;
    this.count--;
    this.cursor = 0;
  }

  /** Drops the last packet and the bytes that are being loaded. */
  dropLast(): void {
    if (this.count > 0) this.count--;
    this.cursor = 0;
  }

  /** The bus' side: copies a part of the first packet. */
  copyOut(from: number, into: Uint8Array, at: number, length: number): void {
    const start = this.#place(this.#head) + from;
    copyBytes(into, at, this.#ram, start, start + length);
  }

  /** The bus' side: appends bytes to the packet that is arriving, which has `already` bytes. */
  copyIn(already: number, from: Uint8Array, at: number, length: number): void {
    copyBytes(this.#ram, this.#place(this.#head + this.count) + already, from, at, at + length);
  }

  /** The bus' side: completes a packet that has arrived. */
  arrive(length: number): void {
    this.#lengths[((this.#head + this.count) % this.#places) as 0 | 1] = length;
    this.count++;
  }

  /** True if packets of `length` bytes fit into the FIFO and into the RAM. */
  holds(length: number): boolean {
    return length <= this.size && this.#base + this.#places * this.size <= this.#ram.length;
  }

  #place(index: number): number {
    return this.#base + (index % this.#places) * this.size;
  }
}
