import type { UsbDevice, VirtualHost } from '@gadgetloom/virtual-host';
import { openWebUsb } from './web-usb-program.ts';

/** USB Mass Storage Class, Bulk-Only Transport 1.0, 5.1 and 5.2. */
const COMMAND_SIGNATURE = 0x43425355;
const COMMAND_BYTES = 31;
const STATUS_BYTES = 13;
const PASSED = 0;
/** SCSI: SPC-4 and SBC-3. */
const INQUIRY = 0x12;
const READ_CAPACITY = 0x25;
const READ = 0x28;
const WRITE = 0x2a;
const BLOCK = 512;

/** What a disk says of itself. */
export interface DiskReport {
  readonly vendor: string;
  readonly product: string;
  readonly blocks: number;
  readonly blockSize: number;
}

/** A WebUSB program that uses a USB disk. */
export class StorageProgram {
  readonly #host: VirtualHost;
  #tag = 0;

  constructor(host: VirtualHost) {
    this.#host = host;
  }

  async identify(): Promise<DiskReport> {
    const inquiry = await this.#in([INQUIRY, 0, 0, 0, 36, 0], 36);
    const capacity = await this.#in([READ_CAPACITY, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8);
    const text = (from: number, to: number): string => String.fromCharCode(...inquiry.subarray(from, to)).trim();
    const view = new DataView(capacity.buffer, capacity.byteOffset, 8);
    return {
      vendor: text(8, 16),
      product: text(16, 32),
      blocks: view.getUint32(0) + 1,
      blockSize: view.getUint32(4),
    };
  }

  async read(block: number, count: number): Promise<Uint8Array> {
    return this.#in(transferCommand(READ, block, count), count * BLOCK);
  }

  /** @param data whole blocks */
  async write(block: number, data: Uint8Array): Promise<void> {
    const device = await this.#start(transferCommand(WRITE, block, data.length / BLOCK), data.length, false);
    await device.transferOut(1, data.slice());
    await this.#finish(device);
  }

  async #in(command: readonly number[], length: number): Promise<Uint8Array> {
    const device = await this.#start(command, length, true);
    const { data } = await device.transferIn(1, length);
    await this.#finish(device);
    return new Uint8Array(data?.buffer ?? new ArrayBuffer(0), data?.byteOffset ?? 0, data?.byteLength ?? 0);
  }

  async #start(command: readonly number[], length: number, toHost: boolean): Promise<UsbDevice> {
    const device = await openWebUsb(this.#host, 0);
    const wrapper = new DataView(new ArrayBuffer(COMMAND_BYTES));
    wrapper.setUint32(0, COMMAND_SIGNATURE, true);
    wrapper.setUint32(4, ++this.#tag, true);
    wrapper.setUint32(8, length, true);
    wrapper.setUint8(12, toHost ? 0x80 : 0);
    wrapper.setUint8(14, command.length);
    for (const [at, byte] of command.entries()) wrapper.setUint8(15 + at, byte);
    await device.transferOut(1, wrapper);
    return device;
  }

  async #finish(device: UsbDevice): Promise<void> {
    const { data } = await device.transferIn(1, STATUS_BYTES);
    const [tag, status] = [data?.getUint32(4, true), data?.getUint8(12)];
    if (tag !== this.#tag || status !== PASSED) throw new Error(`command ${this.#tag}: tag ${tag}, status ${status}`);
  }
}

function transferCommand(operation: number, block: number, count: number): number[] {
  const bytes = (value: number, length: number): number[] =>
    Array.from({ length }, (_, at) => (value >>> (8 * (length - 1 - at))) & 0xff);
  return [operation, 0, ...bytes(block, 4), 0, ...bytes(count, 2), 0];
}
