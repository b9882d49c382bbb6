import { InputError } from '@gadgetloom/core';
import { CONFIG, CONFIG_BYTES, Command, MOST_BARS, MSI, MsiControl, Status } from './config-registers.ts';
import type { PciConfiguration } from './pci-function.ts';

/**
 * The configuration space of a function, and the bits that a driver can change. Registers that are not there read as
 * zeros, and addresses beyond the end as ones. Writes to both are lost.
 */
export class ConfigSpace {
  readonly #bytes = new Uint8Array(CONFIG_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  /** Bits that a driver can change. */
  readonly #writable = new Uint8Array(CONFIG_BYTES);
  readonly #mask = new DataView(this.#writable.buffer);

  /** Sets the initial content. Call it once. @throws InputError a field is out of its range */
  describe(configuration: PciConfiguration): void {
    const { vendor, device, subsystemVendor = 0, subsystemDevice = 0, classCode, revision = 0 } = configuration;
    const { interruptPin = 1, msi = false, bars } = configuration;
    this.#set16(CONFIG.VENDOR, within('vendor', vendor, 0xfffe));
    this.#set16(CONFIG.DEVICE, within('device', device, 0xffff));
    this.#set32(
      CONFIG.REVISION,
      within('classCode', classCode, 0xff_ffff) * 0x100 + within('revision', revision, 0xff),
    );
    this.#set16(CONFIG.SUBSYSTEM_VENDOR, within('subsystemVendor', subsystemVendor, 0xffff));
    this.#set16(CONFIG.SUBSYSTEM_DEVICE, within('subsystemDevice', subsystemDevice, 0xffff));
    this.#bytes[CONFIG.INTERRUPT_PIN] = within('interruptPin', interruptPin, 4);
    const { MEMORY, MASTER, PARITY, SERR, INTX_DISABLE } = Command;
    this.#mask.setUint16(CONFIG.COMMAND, MEMORY | MASTER | PARITY | SERR | INTX_DISABLE, true);
    for (const at of [CONFIG.CACHE_LINE_SIZE, CONFIG.LATENCY_TIMER, CONFIG.INTERRUPT_LINE]) this.#writable[at] = 0xff;
    within('bars.length', bars.length, MOST_BARS);
    // A driver finds the size of a BAR by writing ones: the bits below the size stay 0.
    bars.forEach((bar, index) => {
      if (bar !== undefined) this.#mask.setUint32(CONFIG.BAR + 4 * index, ~(barSize(index, bar.size) - 1), true);
    });
    if (msi) this.#addMsi();
  }

  /** Whether the function's BARs answer. */
  get memoryEnabled(): boolean {
    return (this.#bytes[CONFIG.COMMAND]! & Command.MEMORY) !== 0;
  }

  /** Whether the function may reach memory. */
  get busMaster(): boolean {
    return (this.#bytes[CONFIG.COMMAND]! & Command.MASTER) !== 0;
  }

  /** INTA to INTD as 1 to 4; 0 if there is none, or if the driver has disabled it. */
  get interruptPin(): number {
    const disabled = (this.#get16(CONFIG.COMMAND) & Command.INTX_DISABLE) !== 0;
    return disabled ? 0 : this.#bytes[CONFIG.INTERRUPT_PIN]!;
  }

  /** The interrupt bit of the status register. */
  set interruptStatus(asserted: boolean) {
    const others = this.#bytes[CONFIG.STATUS]! & ~Status.INTERRUPT;
    this.#bytes[CONFIG.STATUS] = asserted ? others | Status.INTERRUPT : others;
  }

  /** Whether interrupts are messages. */
  get msiEnabled(): boolean {
    return (this.#bytes[MSI.CONTROL]! & MsiControl.ENABLE) !== 0;
  }

  /** The MSI message: 12 bytes, 64 bits of address and 32 of data. */
  get msiMessage(): Uint8Array {
    const message = new Uint8Array(12);
    message.set(this.#bytes.subarray(MSI.ADDRESS, MSI.DATA + 2));
    return message;
  }

  /** Copies `size` bytes. */
  read(offset: number, size: number, into: Uint8Array): void {
    for (let index = 0; index < size; index++) into[index] = this.#bytes[offset + index] ?? 0xff;
  }

  /** Writes `size` bytes of `from` from `at` on. */
  write(offset: number, size: number, from: Uint8Array, at: number): void {
    for (let index = 0; index < size && offset + index < CONFIG_BYTES; index++) {
      const writable = this.#writable[offset + index]!;
      this.#bytes[offset + index] = (this.#bytes[offset + index]! & ~writable) | (from[at + index]! & writable);
    }
  }

  #addMsi(): void {
    this.#bytes[CONFIG.STATUS]! |= Status.CAPABILITIES;
    this.#bytes[CONFIG.CAPABILITIES] = MSI.at;
    this.#bytes[MSI.at] = MSI.ID;
    this.#set16(MSI.CONTROL, MsiControl.ADDRESS_64);
    this.#writable[MSI.CONTROL] = MsiControl.ENABLE;
    this.#mask.setUint32(MSI.ADDRESS, 0xffff_fffc, true);
    this.#mask.setUint32(MSI.ADDRESS_HIGH, 0xffff_ffff, true);
    this.#mask.setUint16(MSI.DATA, 0xffff, true);
  }

  #get16(offset: number): number {
    return this.#view.getUint16(offset, true);
  }

  #set16(offset: number, value: number): void {
    this.#view.setUint16(offset, value, true);
  }

  #set32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }
}

function within(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new InputError(`${field} is ${value}: it must be an integer from 0 to 0x${most.toString(16)}.`, { field });
}

function barSize(index: number, size: number): number {
  const field = `bars[${index}].size`;
  if (size >= 16 && size <= 2 ** 31 && Number.isInteger(Math.log2(size))) return size;
  throw new InputError(`${field} is ${size}: a BAR has a power of two of bytes, from 16 to 2^31.`, { field });
}
