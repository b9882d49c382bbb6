import { loadAddon } from '@gadgetloom/linux-native';
import { CONFIG, Command, MOST_BARS, MSI, MsiControl } from '../pci/config-registers.ts';
import type { AccessSize } from '../pci/pci-function.ts';
import { Operation } from '../pci/transaction.ts';
import { CommandSlots } from './command-slots.ts';
import { GUEST_BASE, Guest } from './guest.ts';
import { InterruptBuffers, type InterruptHandler } from './interrupt-buffers.ts';

/** What the driver needs for itself. */
const OWN_BYTES = 65_536;
const MSI_ADDRESS = 0xa0000;

/** How to connect. */
export interface ConnectOptions {
  /** Bytes of memory for the device, a multiple of the page size; 64 KiB unless given. */
  readonly memory?: number | undefined;
}

/** How to take a function into use. */
export interface EnableOptions {
  /** Data of the MSI message that is to be an interrupt, 0 to 0xffff; interrupts come by the pin unless given. */
  readonly msi?: number | undefined;
}

/**
 * A PCI driver and its kernel, as far as a device can see them: for tests of a device without a kernel. It does what Linux's
 * virtio_uml and virt-pci do, through a real socket and shared memory, in the device's process or in another.
 */
export class PciDriver implements AsyncDisposable {
  /** Memory that the device can reach, from {@link dmaAddress} on. */
  readonly memory: Uint8Array;
  /** Guest address of {@link memory}. */
  readonly dmaAddress = GUEST_BASE + OWN_BYTES;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #guest: Guest;
  readonly #commands: CommandSlots;
  readonly #interrupts: InterruptBuffers;

  private constructor(guest: Guest) {
    this.#guest = guest;
    this.memory = guest.bytes.subarray(OWN_BYTES);
    this.#commands = new CommandSlots(guest);
    this.#interrupts = new InterruptBuffers(guest);
    this.closed = guest.channel.closed.then(() => this.#commands.fail());
  }

  /**
   * Connects to a device, and sets memory and queues up.
   *
   * @throws KernelError as connect(2); ECONNRESET the device refused
   */
  static async connect(socket: string, { memory = 65_536 }: ConnectOptions = {}): Promise<PciDriver> {
    const guest = new Guest(loadAddon(), socket, OWN_BYTES + memory);
    const driver = new PciDriver(guest);
    try {
      await guest.setUp();
      driver.#interrupts.provide();
      return driver;
    } catch (error) {
      guest[Symbol.dispose]();
      throw error;
    }
  }

  /** Interrupts that have arrived. */
  get interrupts(): number {
    return this.#interrupts.count;
  }

  /**
   * Handles interrupts, one after the other; they wait as long as there is none. If the line is still asserted when it has
   * returned, it is called again.
   */
  set handler(handler: InterruptHandler | undefined) {
    this.#interrupts.handler = handler;
  }

  /** Reads configuration space. @param size 1, 2 or 4 bytes */
  readConfiguration(offset: number, size: AccessSize): Promise<number> {
    return this.#commands.do({ operation: Operation.CONFIGURATION_READ, bar: 0, offset, size });
  }

  /** Writes to configuration space. Resolves when the device has done it. @param size 1, 2 or 4 bytes */
  async writeConfiguration(offset: number, size: AccessSize, value: number): Promise<void> {
    await this.#commands.do({ operation: Operation.CONFIGURATION_WRITE, bar: 0, offset, size, value });
  }

  /**
   * What a driver does first: finds the BARs, lets the function answer and reach memory, and takes interrupts.
   *
   * @returns the sizes of the BARs, in bytes; 0 for one that is not there
   */
  async enable({ msi }: EnableOptions = {}): Promise<number[]> {
    const sizes: number[] = [];
    for (let bar = 0; bar < MOST_BARS; bar++) {
      const register = CONFIG.BAR + 4 * bar;
      await this.writeConfiguration(register, 4, 0xffff_ffff);
      sizes.push(-(await this.readConfiguration(register, 4)) >>> 0);
    }
    if (msi !== undefined) {
      await this.writeConfiguration(MSI.ADDRESS, 4, MSI_ADDRESS);
      await this.writeConfiguration(MSI.DATA, 2, msi);
      await this.writeConfiguration(MSI.CONTROL, 2, MsiControl.ENABLE);
    }
    await this.writeConfiguration(CONFIG.COMMAND, 2, Command.MEMORY | Command.MASTER);
    return sizes;
  }

  /** Reads a register. */
  read(bar: number, offset: number, size: AccessSize = 4): Promise<number> {
    return this.#commands.do({ operation: Operation.MMIO_READ, bar, offset, size });
  }

  /** Writes a register. Resolves when the device has done it; what is asked later is done later in any case. */
  async write(bar: number, offset: number, value: number, size: AccessSize = 4): Promise<void> {
    await this.#commands.do({ operation: Operation.MMIO_WRITE, bar, offset, size, value });
  }

  /** Lets go of the device. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#guest[Symbol.dispose]();
    await this.closed;
  }
}
