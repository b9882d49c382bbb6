import { KernelError } from '@gadgetloom/core';
import type { ScatterEntry } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';

/** Memory that was allocated: one array for the CPU, and where its parts are for a device. */
export interface Pages {
  /** All bytes, a whole number of pages. */
  readonly memory: Uint8Array;
  /** Runs that are contiguous for a device, in the order of `memory`, which they cover without gaps. */
  readonly entries: readonly ScatterEntry[];
  /** Gives the memory back; it must not be used any more. */
  free(): void;
}

/** Source of the memory of simulated buffers. */
export interface PageSource {
  /**
   * @param size bytes, a whole number of pages, at least one
   * @returns zeroed pages
   * @throws KernelError ENOMEM
   */
  allocate(size: number): Pages;
}

/** Rounds up to whole pages. */
export function pageAlign(size: number): number {
  return Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
}

/** Makes zeroed memory; more than the machine has is ENOMEM. */
export function allocateMemory(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new KernelError('ENOMEM', 'alloc_pages', `There is no room for ${size} bytes.`, { cause });
  }
}

/**
 * Frees memory: every array that still views it becomes empty, as a mapping is gone once its buffer is. A program that kept
 * an array notices.
 *
 * @param memory what {@link allocateMemory} gave, or else all of an ArrayBuffer that can be detached
 */
export function freeMemory(memory: Uint8Array): void {
  const { buffer } = memory;
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
}

/** The simplest source: every allocation is one run, and no address is used twice. */
export class ContiguousPages implements PageSource {
  #nextAddress: number;

  /** @param firstAddress where a device finds the first page; a whole number of pages */
  constructor(firstAddress: number = 0x1000_0000) {
    this.#nextAddress = firstAddress;
  }

  allocate(size: number): Pages {
    const memory = allocateMemory(size);
    const dmaAddress = this.#nextAddress;
    this.#nextAddress += size;
    return { memory, entries: [{ dmaAddress, length: size, memory, offset: 0 }], free: () => freeMemory(memory) };
  }
}
