import { copyBytes, KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection, DmaMemory, ScatterTable } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';
import { allocateMemory } from './pages.ts';

/** An access that a device tried and may not make: on a board, an IOMMU fault, a bus error or silent corruption. */
export interface DmaFault {
  readonly device: string;
  readonly address: number;
  /** Bytes of the access. */
  readonly length: number;
  readonly access: 'read' | 'write';
  /** `'unmapped'`: nothing is mapped there, any more or at all. `'direction'`: it is mapped the other way only. */
  readonly reason: 'unmapped' | 'direction';
}

/** Memory that a driver and its device share for as long as it exists (dma_alloc_coherent). */
export interface CoherentMemory {
  /** Where the device finds it; a whole number of pages. */
  readonly dmaAddress: number;
  /** Where the driver finds it. */
  readonly memory: Uint8Array;
  /** The device does not reach it any more. */
  free(): void;
}

/** What a {@link DmaAddressSpace} is made with. */
export interface DmaAddressSpaceOptions {
  /** Of the device. */
  readonly name: string;
  /** Told about each fault, before the device is. */
  readonly onFault?: ((fault: DmaFault) => void) | undefined;
}

/** A run of addresses that is mapped. */
interface Window {
  readonly start: number;
  readonly end: number;
  readonly memory: Uint8Array;
  /** `memory[0]` would be at this address. */
  readonly base: number;
  readonly direction: DmaDirection;
  /** The next window of the same page. */
  next: Window | undefined;
  /** Exactly its bytes, once they were read as a whole. */
  bytes: Uint8Array | undefined;
  /** `memory` in words, once one was asked for. */
  words: DataView | undefined;
}

/** Windows that are found without searching, by bits of their page; a power of two. */
const RECENT = 1024;

/** Addresses that are given out for linear memory: below those of buffers, and not from 0 on, so that 0 is a fault. */
const FIRST_PAGE = 0x100;
const LAST_PAGE = 0xffff;

/**
 * What one device can reach, with the addresses that it uses: as behind an IOMMU, everything else is a fault. Give it to
 * a simulated controller as its {@link DmaDevice}: buffers that are attached are then mapped here, and only as long.
 */
export class DmaAddressSpace implements DmaDevice, DmaMemory {
  readonly name: string;
  readonly #onFault: ((fault: DmaFault) => void) | undefined;
  readonly #pages = new Map<number, Window>();
  readonly #freeRuns = new Map<number, number[]>();
  #nextPage = FIRST_PAGE;
  readonly #recent = new Array<Window | undefined>(RECENT).fill(undefined);

  constructor({ name, onFault }: DmaAddressSpaceOptions) {
    this.name = name;
    this.#onFault = onFault;
  }

  /** How many pages are mapped; 0 when everything was undone. */
  get mappedPages(): number {
    return this.#pages.size;
  }

  map({ entries }: ScatterTable, direction: DmaDirection): void {
    for (const { dmaAddress, length, memory, offset } of entries)
      this.#insert(dmaAddress, length, memory, offset, direction);
  }

  unmap({ entries }: ScatterTable, direction: DmaDirection): void {
    for (const { dmaAddress, length, memory } of entries) this.#remove(dmaAddress, length, memory, direction);
  }

  /**
   * Maps linear memory for one transfer (dma_map_single).
   *
   * @returns the address for the device; undo with {@link unmapSingle}
   * @throws KernelError EFAULT no addresses are left
   */
  mapSingle(memory: Uint8Array, offset: number, length: number, direction: DmaDirection): number {
    const address = this.#takeRun(pagesOf(length)) * PAGE_SIZE;
    this.#insert(address, length, memory, offset, direction);
    return address;
  }

  /** Undoes {@link mapSingle} (dma_unmap_single). */
  unmapSingle(address: number): void {
    const window = this.#pages.get(address / PAGE_SIZE);
    if (window === undefined) return;
    const { memory, direction } = window;
    const length = window.end - window.start;
    this.#remove(address, length, memory, direction);
    this.#giveRun(address / PAGE_SIZE, pagesOf(length));
  }

  /** Zeroed memory for descriptors. @throws KernelError ENOMEM; EFAULT no addresses are left */
  allocateCoherent(size: number): CoherentMemory {
    const memory = allocateMemory(pagesOf(size) * PAGE_SIZE).subarray(0, size);
    const dmaAddress = this.mapSingle(memory, 0, size, 'bidirectional');
    return { dmaAddress, memory, free: () => this.unmapSingle(dmaAddress) };
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    let from = address;
    let to = at;
    let left = length;
    while (left > 0) {
      const window = this.#find(from, 'from-device');
      if (window === undefined) return this.#fault(from, left, 'read');
      const rest = window.end - from;
      const part = left < rest ? left : rest;
      const within = from - window.base;
      if (from === window.start && part === rest) target.set(bytesOf(window), to);
      else copyBytes(target, to, window.memory, within, within + part);
      from += part;
      to += part;
      left -= part;
    }
    return true;
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    let from = at;
    let to = address;
    let left = length;
    while (left > 0) {
      const window = this.#find(to, 'to-device');
      if (window === undefined) return this.#fault(to, left, 'write');
      const rest = window.end - to;
      const part = left < rest ? left : rest;
      copyBytes(window.memory, to - window.base, source, from, from + part);
      from += part;
      to += part;
      left -= part;
    }
    return true;
  }

  read32(address: number): number {
    const window = this.#find(address, 'from-device');
    if (window === undefined || address + 4 > window.end) {
      this.#fault(address, 4, 'read');
      return -1;
    }
    return wordsOf(window).getUint32(address - window.base, true);
  }

  write32(address: number, value: number): boolean {
    const window = this.#find(address, 'to-device');
    if (window === undefined || address + 4 > window.end) return this.#fault(address, 4, 'write');
    wordsOf(window).setUint32(address - window.base, value, true);
    return true;
  }

  /** The window of an address that is not mapped for the opposite direction alone. */
  #find(address: number, opposite: DmaDirection): Window | undefined {
    const slot = slotOf(address / PAGE_SIZE);
    const recent = this.#recent[slot];
    if (recent !== undefined && address >= recent.start && address < recent.end && recent.direction !== opposite) {
      return recent;
    }
    let window = this.#pages.get(Math.floor(address / PAGE_SIZE));
    while (window !== undefined) {
      if (address >= window.start && address < window.end && window.direction !== opposite) {
        this.#recent[slot] = window;
        return window;
      }
      window = window.next;
    }
    return undefined;
  }

  #insert(start: number, length: number, memory: Uint8Array, offset: number, direction: DmaDirection): void {
    const end = start + length;
    for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < end; page++) {
      const next = this.#pages.get(page);
      const base = start - offset;
      this.#pages.set(page, { start, end, memory, base, direction, next, bytes: undefined, words: undefined });
    }
  }

  #remove(start: number, length: number, memory: Uint8Array, direction: DmaDirection): void {
    const end = start + length;
    for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < end; page++) {
      this.#recent[slotOf(page)] = undefined;
      let before: Window | undefined;
      let window = this.#pages.get(page);
      while (
        window !== undefined &&
        (window.start !== start || window.end !== end || window.memory !== memory || window.direction !== direction)
      ) {
        before = window;
        window = window.next;
      }
      if (window === undefined) continue;
      if (before !== undefined) before.next = window.next;
      else if (window.next !== undefined) this.#pages.set(page, window.next);
      else this.#pages.delete(page);
    }
  }

  #takeRun(pages: number): number {
    const free = this.#freeRuns.get(pages)?.pop();
    if (free !== undefined) return free;
    const first = this.#nextPage;
    if (first + pages > LAST_PAGE)
      throw new KernelError('EFAULT', 'dma_map_single', `${this.name} has no address left for ${pages} more pages.`);
    this.#nextPage = first + pages;
    return first;
  }

  #giveRun(page: number, pages: number): void {
    const free = this.#freeRuns.get(pages);
    if (free === undefined) this.#freeRuns.set(pages, [page]);
    else free.push(page);
  }

  #fault(address: number, length: number, access: 'read' | 'write'): false {
    if (this.#onFault === undefined) return false;
    let window = this.#pages.get(Math.floor(address / PAGE_SIZE));
    while (window !== undefined && (address < window.start || address >= window.end)) window = window.next;
    const reason = window === undefined ? 'unmapped' : 'direction';
    this.#onFault({ device: this.name, address, length, access, reason });
    return false;
  }
}

/** Pages that hold so many bytes; a mapping of nothing has an address too. */
function pagesOf(length: number): number {
  return Math.max(1, Math.ceil(length / PAGE_SIZE));
}

/** Buffers begin at round addresses: more bits than the lowest have to count. */
function slotOf(page: number): number {
  const bits = page | 0;
  return (bits ^ (bits >>> 10) ^ (bits >>> 20)) & (RECENT - 1);
}

function bytesOf(window: Window): Uint8Array {
  window.bytes ??= window.memory.subarray(window.start - window.base, window.end - window.base);
  return window.bytes;
}

function wordsOf(window: Window): DataView {
  const { memory } = window;
  window.words ??= new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  return window.words;
}
