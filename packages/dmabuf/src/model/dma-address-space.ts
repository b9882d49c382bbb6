import { copyBytes, KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection, DmaMemory, ScatterEntry, ScatterTable } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';
import { PageRuns } from './page-runs.ts';
import { allocateMemory } from './pages.ts';
import { type Window, Windows } from './windows.ts';

/** An access that a device tried and may not make: on a board, an IOMMU fault, a bus error or silent corruption. */
export interface DmaFault {
  readonly device: string;
  readonly address: number;
  /** Bytes of the access. */
  readonly length: number;
  readonly access: 'read' | 'write';
  /** `'unmapped'`: nothing is mapped there. `'direction'`: the page is mapped for the other direction only. */
  readonly reason: 'unmapped' | 'direction';
}

/** Memory that a driver and its device share (dma_alloc_coherent). */
export interface CoherentMemory {
  /** Its address for the device, a multiple of the page size. */
  readonly dmaAddress: number;
  /** Its bytes, for the driver. */
  readonly memory: Uint8Array;
  /** Unmaps it: an access of the device is a fault from then on. */
  free(): void;
}

/** Options of a {@link DmaAddressSpace}. */
export interface DmaAddressSpaceOptions {
  /** Name of the device. */
  readonly name: string;
  /** Called for each fault, before the access returns to the device. */
  readonly onFault?: ((fault: DmaFault) => void) | undefined;
}

/** Directions of mappings that a device may only read, and only write. */
const READ_ONLY = 'to-device';
const WRITE_ONLY = 'from-device';

/** Pages whose addresses linear memory gets: below those of buffers, and from 1 MiB on, so that address 0 is a fault. */
const FIRST_PAGE = 0x100;
const END_PAGE = 0xffff;
/** Address of a mapping without bytes: an access there is a fault. */
const NOWHERE = (FIRST_PAGE - 1) * PAGE_SIZE;

/** A window that no address is in. */
const EMPTY: Window = { start: 0, length: 0, memory: new Uint8Array(0), offset: 0, direction: 'bidirectional' };

/**
 * What one device can reach, and at which addresses. Every other access is a fault, as behind an IOMMU. Give it to a
 * simulated controller as its {@link DmaDevice}: buffers are then reachable while they are attached, and no longer.
 */
export class DmaAddressSpace implements DmaDevice, DmaMemory {
  readonly name: string;
  readonly #onFault: ((fault: DmaFault) => void) | undefined;
  readonly #windows = new Windows();
  readonly #runs = new PageRuns(FIRST_PAGE, END_PAGE);
  /**
   * The window of the last word. A device reads and writes the words of its descriptors one after the other: a DWC3 six for
   * each TRB. The benchmark "dwc3 data path" pays for it with a third of its speed.
   */
  #words: Window = EMPTY;

  constructor({ name, onFault }: DmaAddressSpaceOptions) {
    this.name = name;
    this.#onFault = onFault;
  }

  /** How many pages are mapped. A page counts once for each of its mappings. */
  get mappedPages(): number {
    return this.#windows.pages;
  }

  map({ entries }: ScatterTable, direction: DmaDirection): void {
    for (const entry of entries) this.#windows.add(windowOf(entry, direction));
  }

  unmap({ entries }: ScatterTable, direction: DmaDirection): void {
    for (const entry of entries) this.#remove(windowOf(entry, direction));
  }

  /**
   * Maps linear memory for one transfer (dma_map_single). Undo it with {@link unmapSingle}.
   *
   * @returns the address for the device
   * @throws KernelError EFAULT no addresses are left
   */
  mapSingle(memory: Uint8Array, offset: number, length: number, direction: DmaDirection): number {
    if (length === 0) return NOWHERE;
    const pages = pagesFor(length);
    const first = this.#runs.take(pages);
    if (first === undefined)
      throw new KernelError(
        'EFAULT',
        'dma_map_single',
        `${this.name} has no ${pages} free pages of addresses in a row. Wait until transfers complete.`,
      );
    const dmaAddress = first * PAGE_SIZE;
    this.#windows.add(windowOf({ dmaAddress, length, memory, offset }, direction));
    return dmaAddress;
  }

  /** Undoes {@link mapSingle} (dma_unmap_single). It does nothing at an address that is not mapped. */
  unmapSingle(address: number): void {
    const window = this.#windows.find(address);
    if (window === undefined) return;
    this.#remove(window);
    this.#runs.give(address / PAGE_SIZE, pagesFor(window.length));
  }

  /** Zeroed memory for descriptors. @throws KernelError ENOMEM; EFAULT no addresses are left */
  allocateCoherent(size: number): CoherentMemory {
    const memory = allocateMemory(size);
    const dmaAddress = this.mapSingle(memory, 0, size, 'bidirectional');
    let mapped = true;
    return {
      dmaAddress,
      memory,
      free: () => {
        if (mapped) this.unmapSingle(dmaAddress);
        mapped = false;
      },
    };
  }

  #remove(window: Window): void {
    this.#windows.remove(window);
    this.#words = EMPTY;
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    for (let done = 0; done < length; ) {
      const from = address + done;
      const window = this.#windows.find(from, WRITE_ONLY);
      if (window === undefined) return this.#fault(from, length - done, 'read');
      const inside = bytesInto(window, from);
      const part = Math.min(length - done, window.length - inside);
      const begin = window.offset + inside;
      copyBytes(target, at + done, window.memory, begin, begin + part);
      done += part;
    }
    return true;
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    for (let done = 0; done < length; ) {
      const to = address + done;
      const window = this.#windows.find(to, READ_ONLY);
      if (window === undefined) return this.#fault(to, length - done, 'write');
      const inside = bytesInto(window, to);
      const part = Math.min(length - done, window.length - inside);
      copyBytes(window.memory, window.offset + inside, source, at + done, at + done + part);
      done += part;
    }
    return true;
  }

  read32(address: number): number {
    const window = this.#word(address, 'read');
    if (window === undefined) return -1;
    const { memory } = window;
    const at = window.offset + bytesInto(window, address);
    return (memory[at]! | (memory[at + 1]! << 8) | (memory[at + 2]! << 16) | (memory[at + 3]! << 24)) >>> 0;
  }

  write32(address: number, value: number): boolean {
    const window = this.#word(address, 'write');
    if (window === undefined) return false;
    const { memory } = window;
    const at = window.offset + bytesInto(window, address);
    memory[at] = value;
    memory[at + 1] = value >>> 8;
    memory[at + 2] = value >>> 16;
    memory[at + 3] = value >>> 24;
    return true;
  }

  /** The window of the four bytes at an address, if the device may make the access. */
  #word(address: number, access: 'read' | 'write'): Window | undefined {
    const recent = this.#words;
    if (holdsWord(recent, address) && recent.direction === 'bidirectional') return recent;
    const window = this.#windows.find(address, access === 'read' ? WRITE_ONLY : READ_ONLY);
    if (window !== undefined && holdsWord(window, address)) {
      this.#words = window;
      return window;
    }
    this.#fault(address, 4, access);
    return undefined;
  }

  #fault(address: number, length: number, access: 'read' | 'write'): false {
    if (this.#onFault === undefined) return false;
    const reason = this.#windows.find(address) === undefined ? 'unmapped' : 'direction';
    this.#onFault({ device: this.name, address, length, access, reason });
    return false;
  }
}

function windowOf({ dmaAddress, length, memory, offset }: ScatterEntry, direction: DmaDirection): Window {
  return { start: dmaAddress, length, memory, offset, direction };
}

/** Offset of an address in a window. It is an integer for V8, where the difference of large addresses is a double. */
function bytesInto({ start }: Window, address: number): number {
  return (address - start) >>> 0;
}

function holdsWord({ start, length }: Window, address: number): boolean {
  return address >= start && address + 4 <= start + length;
}

/** How many pages hold `length` bytes. */
function pagesFor(length: number): number {
  return Math.ceil(length / PAGE_SIZE);
}
