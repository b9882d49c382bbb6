import type { UsbDevice } from '@gadgetloom/virtual-host';
import type { VirtualHost } from '@gadgetloom/virtual-host/model';
import { openWebUsb } from './web-usb-program.ts';

/** USB Mass Storage Class, Bulk-Only Transport 1.0, 5.1 and 5.2. */
const COMMAND_SIGNATURE = 0x43425355;
const COMMAND_BYTES = 31;
const STATUS_BYTES = 13;
const PASSED = 0;
/** SCSI: SPC-4 and SBC-3. */
const TEST_UNIT_READY = 0x00;
const REQUEST_SENSE = 0x03;
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
    await this.#getReady();
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

  /** A disk tells that it was reset before it does anything else (SPC-4, 5.14: unit attention). */
  async #getReady(): Promise<void> {
    for (let tries = 3; tries > 0; tries--) {
      const device = await this.#start([TEST_UNIT_READY, 0, 0, 0, 0, 0], 0, false);
      if ((await this.#status(device)) === PASSED) return;
      await this.#in([REQUEST_SENSE, 0, 0, 0, 18, 0], 18);
    }
    throw new Error('The disk does not get ready.');
  }

  async #finish(device: UsbDevice): Promise<void> {
    const status = await this.#status(device);
    if (status !== PASSED) throw new Error(`command ${this.#tag}: status ${status}`);
  }

  async #status(device: UsbDevice): Promise<number | undefined> {
    const { data } = await device.transferIn(1, STATUS_BYTES);
    const tag = data?.getUint32(4, true);
    if (tag !== this.#tag) throw new Error(`command ${this.#tag}: the status is that of ${tag}`);
    return data?.getUint8(12);
  }
}

function transferCommand(operation: number, block: number, count: number): number[] {
  const bytes = (value: number, length: number): number[] =>
    Array.from({ length }, (_, at) => (value >>> (8 * (length - 1 - at))) & 0xff);
  return [operation, 0, ...bytes(block, 4), 0, ...bytes(count, 2), 0];
}
