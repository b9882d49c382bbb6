import type { GuestMemory } from '../memory/guest-memory.ts';
import type { InterruptLine } from './interrupt-line.ts';

/** Width of an access to a BAR, in bytes. Wider ones arrive in parts, the lowest first. */
export type AccessSize = 1 | 2 | 4;

/**
 * The registers behind a BAR. Accesses arrive one at a time in the driver's order. A read must return at once, because
 * the driver's processor waits for it. An access crosses a multiple of its size only if the driver's own access did,
 * and never the end of the BAR.
 */
export interface MmioSpace {
  /**
   * @param offset in the BAR, in bytes
   * @returns the value; its low `size` bytes count
   */
  read(offset: number, size: AccessSize): number;
  /**
   * @param offset in the BAR, in bytes
   * @param value 0 to 2^(8 * size) - 1
   */
  write(offset: number, size: AccessSize, value: number): void;
}

/** A memory BAR: 32 bits, not prefetchable. */
export interface PciBar {
  /** In bytes: a power of two, 16 to 2^31. */
  readonly size: number;
  readonly space: MmioSpace;
}

/** Initial configuration space of a function. Source: PCI Local Bus Specification 3.0, chapter 6. */
export interface PciConfiguration {
  /** 16 bits. */
  readonly vendor: number;
  /** 16 bits. */
  readonly device: number;
  /** 16 bits; 0 unless given. */
  readonly subsystemVendor?: number | undefined;
  /** 16 bits; 0 unless given. */
  readonly subsystemDevice?: number | undefined;
  /** Base class, subclass and programming interface: 24 bits, such as 0x0c03fe for a USB device. */
  readonly classCode: number;
  /** 8 bits; 0 unless given. */
  readonly revision?: number | undefined;
  /** INTA to INTD as 1 to 4, or 0 for a function without an interrupt line; 1 unless given. */
  readonly interruptPin?: 0 | 1 | 2 | 3 | 4 | undefined;
  /** Whether there is an MSI capability with one vector; false unless given. */
  readonly msi?: boolean | undefined;
  /** BARs by number; at most six. `undefined` is a missing BAR. */
  readonly bars: readonly (PciBar | undefined)[];
}

/** A PCI function, as its driver sees it. */
export interface PciFunction {
  readonly configuration: PciConfiguration;
  /**
   * The front end has disconnected or released the device: the function has no driver and no memory from now on. It is
   * called once, as the last call.
   */
  removed?(): void;
}

/** Surroundings of a function. */
export interface PciSlot {
  /** The guest's memory, as the function reaches it as a bus master. */
  readonly memory: GuestMemory;
  /** Interrupts the driver: by INTx, or by MSI if the driver has enabled it. */
  readonly interrupt: InterruptLine;
}
