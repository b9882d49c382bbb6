import { copyBytes, KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection, DmaMemory, DmaPlace, ScatterTable } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';
import { CoherentPool } from './coherent-pool.ts';
import { PageRuns } from './page-runs.ts';
import { DIRECTION_CODES, WindowTable } from './window-table.ts';

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

/** What a device may not read, and not write. */
const NO_READING = DIRECTION_CODES['from-device'];
const NO_WRITING = DIRECTION_CODES['to-device'];

/** Addresses that are given out for linear memory: below those of buffers, and not from 0 on, so that 0 is a fault. */
const FIRST_PAGE = 0x100;
const END_PAGE = 0xffff;
/** Where a mapping of nothing lies: an access there is a fault. */
const NOWHERE = (FIRST_PAGE - 1) * PAGE_SIZE;

/**
 * What one device can reach, with the addresses that it uses: as behind an IOMMU, everything else is a fault. Give it to
 * a simulated controller as its {@link DmaDevice}: buffers that are attached are then mapped here, and only as long.
 */
export class DmaAddressSpace implements DmaDevice, DmaMemory {
  readonly name: string;
  readonly #onFault: ((fault: DmaFault) => void) | undefined;
  readonly #windows = new WindowTable();
  readonly #coherent = new CoherentPool();
  readonly #place: DmaPlace = { memory: new Uint8Array(0), offset: 0, hint: 0 };
  readonly #runs = new PageRuns(FIRST_PAGE, END_PAGE);

  constructor({ name, onFault }: DmaAddressSpaceOptions) {
    this.name = name;
    this.#onFault = onFault;
  }

  /** How many pages are mapped, each as often as it is; 0 when everything was undone. */
  get mappedPages(): number {
    return this.#windows.pages;
  }

  get mappings(): number {
    return this.#windows.changes;
  }

  map({ entries }: ScatterTable, direction: DmaDirection): void {
    for (const { dmaAddress, length, memory, offset } of entries)
      this.#windows.add(dmaAddress, dmaAddress + length, memory, dmaAddress - offset, direction);
  }

  unmap({ entries }: ScatterTable, direction: DmaDirection): void {
    // The window that is free last is the first to be used again: backwards, so that they are in a row again.
    for (let index = entries.length - 1; index >= 0; index--) {
      const { dmaAddress, length, memory } = entries[index]!;
      const window = this.#windows.search(dmaAddress, dmaAddress + length, memory, direction);
      if (window >= 0) this.#windows.remove(window);
    }
  }

  /**
   * Maps linear memory for one transfer (dma_map_single).
   *
   * @returns the address for the device; undo with {@link unmapSingle}
   * @throws KernelError EFAULT no addresses are left
   */
  mapSingle(memory: Uint8Array, offset: number, length: number, direction: DmaDirection): number {
    if (length === 0) return NOWHERE;
    const pages = pagesOf(length);
    const first = this.#runs.take(pages);
    if (first === undefined)
      throw new KernelError('EFAULT', 'dma_map_single', `${this.name} has no address left for ${pages} more pages.`);
    const address = first * PAGE_SIZE;
    this.#windows.add(address, address + length, memory, address - offset, direction);
    return address;
  }

  /** Undoes {@link mapSingle} (dma_unmap_single). */
  unmapSingle(address: number): void {
    const window = this.#windows.find(address);
    if (window < 0) return;
    const length = this.#windows.length(window);
    this.#windows.remove(window);
    this.#runs.give(address / PAGE_SIZE, pagesOf(length));
  }

  /** Zeroed memory for descriptors. @throws KernelError ENOMEM; EFAULT no addresses are left */
  allocateCoherent(size: number): CoherentMemory {
    const pages = pagesOf(size);
    const piece = this.#coherent.take(pages);
    const { memory, offset } = piece;
    const dmaAddress = this.mapSingle(memory, offset, size, 'bidirectional');
    let taken = true;
    return {
      dmaAddress,
      memory: memory.subarray(offset, offset + size),
      free: () => {
        if (!taken) return;
        taken = false;
        this.unmapSingle(dmaAddress);
        this.#coherent.give(pages, piece);
      },
    };
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    let from = address;
    let to = at;
    let left = length;
    while (left > 0) {
      const rest = this.#windows.locate(from, NO_READING, this.#place);
      if (rest === 0) return this.#fault(from, left, 'read');
      const part = left < rest ? left : rest;
      const { memory, offset } = this.#place;
      copyBytes(target, to, memory, offset, offset + part);
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
      const rest = this.#windows.locate(to, NO_WRITING, this.#place);
      if (rest === 0) return this.#fault(to, left, 'write');
      const part = left < rest ? left : rest;
      const { memory, offset } = this.#place;
      copyBytes(memory, offset, source, from, from + part);
      from += part;
      to += part;
      left -= part;
    }
    return true;
  }

  read32(address: number): number {
    if (this.#windows.locate(address, NO_READING, this.#place) < 4) {
      this.#fault(address, 4, 'read');
      return -1;
    }
    const { memory, offset } = this.#place;
    return (
      (memory[offset]! | (memory[offset + 1]! << 8) | (memory[offset + 2]! << 16) | (memory[offset + 3]! << 24)) >>> 0
    );
  }

  write32(address: number, value: number): boolean {
    if (this.#windows.locate(address, NO_WRITING, this.#place) < 4) return this.#fault(address, 4, 'write');
    const { memory, offset } = this.#place;
    memory[offset] = value;
    memory[offset + 1] = value >>> 8;
    memory[offset + 2] = value >>> 16;
    memory[offset + 3] = value >>> 24;
    return true;
  }

  locate(address: number, access: 'read' | 'write', place: DmaPlace): number {
    return this.#windows.locate(address, access === 'read' ? NO_READING : NO_WRITING, place);
  }

  follow(words: Int32Array, first: number, end: number, step: number, place: DmaPlace): number {
    return this.#windows.follow(words, first, end, step, place);
  }

  #fault(address: number, length: number, access: 'read' | 'write'): false {
    if (this.#onFault === undefined) return false;
    const reason = this.#windows.find(address) < 0 ? 'unmapped' : 'direction';
    this.#onFault({ device: this.name, address, length, access, reason });
    return false;
  }
}

/** Pages that hold so many bytes. */
function pagesOf(length: number): number {
  return Math.ceil(length / PAGE_SIZE);
}
