import { type Clock, errnoCode, KernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import { HostTransfer } from '@gadgetloom/virtual-host';
import type { HostDevice, TransferResult, VirtualHost } from '@gadgetloom/virtual-host/model';
import { differenceOf, SeededTraffic } from '../seeded-traffic.ts';

const PATIENCE = 20 * SECOND;

/** The host's knowledge of the device that is plugged in. */
export interface DeviceReport {
  readonly speed: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly product: string | undefined;
  readonly serialNumber: string | undefined;
  readonly configuration: number | undefined;
  /** Of the settings in force. */
  readonly endpoints: readonly { readonly address: number; readonly type: string; readonly packet: number }[];
}

/** How a transfer ended: its status, 0 or the name of an errno, and the bytes that moved. */
export interface TransferReport {
  readonly status: string;
  readonly actual: number;
  readonly data: Uint8Array;
}

/** The host end of the cable, as programs in the guest call it. */
export class BusHost {
  readonly #host: VirtualHost;
  readonly #clock: Clock;

  constructor(host: VirtualHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** The device, once it is configured. @throws KernelError what failed */
  async device(): Promise<DeviceReport> {
    const device = await this.#host.waitForDevice(PATIENCE);
    const { speed, product, serialNumber, descriptor, configuration } = device;
    return {
      speed,
      ...{ vendorId: descriptor.vendorId, productId: descriptor.productId, product, serialNumber },
      configuration: configuration?.value,
      endpoints: device
        .endpoints()
        .map(({ address, type, maxPacketSize }) => ({ address, type, packet: maxPacketSize })),
    };
  }

  /** Resolves once no device is plugged in. */
  async gone(): Promise<void> {
    while (this.#host.devices.length > 0) await sleep(this.#clock, MILLISECOND);
  }

  async suspend(): Promise<void> {
    await this.#host.suspend();
  }

  async resume(): Promise<void> {
    await this.#host.resume();
  }

  async reset(): Promise<void> {
    await this.#device().reset();
  }

  async unplug(): Promise<void> {
    this.#host.cable.unplug();
  }

  async plug(): Promise<void> {
    this.#host.cable.plug();
  }

  async setConfiguration(value: number): Promise<void> {
    await this.#device().setConfiguration(value);
  }

  async setInterface(number: number, alternate: number): Promise<void> {
    await this.#device().setInterface(number, alternate);
  }

  /** A control transfer from the host. Gives the bytes that were taken. */
  async controlOut(requestType: number, request: number, data: Uint8Array): Promise<number> {
    return this.#device().controlOut({ requestType, request, value: 0, index: 0, length: data.length }, data);
  }

  /** A control transfer to the host. */
  async controlIn(requestType: number, request: number, length: number): Promise<Uint8Array> {
    return this.#device().controlIn({ requestType, request, value: 0, index: 0, length });
  }

  /** @param address with the direction bit @param milliseconds until it gives up */
  async receive(address: number, length: number, milliseconds: number): Promise<TransferReport> {
    const pipe = this.#device().pipe(address);
    return reportOf(await pipe.transferIn(length, milliseconds * MILLISECOND));
  }

  async send(address: number, data: Uint8Array, milliseconds: number): Promise<TransferReport> {
    const pipe = this.#device().pipe(address);
    return { ...reportOf(await pipe.transferOut(data, milliseconds * MILLISECOND)), data: new Uint8Array() };
  }

  /** Receives seeded traffic and compares it. Gives the bytes that moved. @throws Error a transfer is not as it should be */
  async receiveTraffic(address: number, seed: number, count: number): Promise<number> {
    return this.#traffic(seed, count, async (bytes) => {
      const { status, data } = await this.#device().pipe(address).transferIn(bytes.length, PATIENCE);
      return status === 0 ? differenceOf(data, bytes) : errnoCode(status);
    });
  }

  /** Sends seeded traffic. */
  async sendTraffic(address: number, seed: number, count: number): Promise<number> {
    return this.#traffic(seed, count, async (bytes) => {
      const { status, actual } = await this.#device().pipe(address).transferOut(bytes, PATIENCE);
      if (status !== 0) return errnoCode(status);
      return actual === bytes.length ? undefined : `${actual} bytes instead of ${bytes.length}`;
    });
  }

  /** Moves transfers of one length, `depth` at a time, whatever their bytes. @throws KernelError one failed */
  async pump(address: number, length: number, count: number, depth: number): Promise<void> {
    const pipe = this.#device().pipe(address);
    let left = count;
    let open = Math.min(depth, count);
    await new Promise<void>((resolve, reject) => {
      const next = (transfer: HostTransfer): void => {
        if (transfer.status < 0) reject(new KernelError(errnoCode(transfer.status), 'pump'));
        else if (--left >= open) pipe.submit(transfer);
        else if (--open === 0) resolve();
      };
      for (let each = open; each > 0; each--) pipe.submit(new HostTransfer(new Uint8Array(length), next));
    });
  }

  async #traffic(
    seed: number,
    count: number,
    move: (bytes: Uint8Array) => Promise<string | undefined>,
  ): Promise<number> {
    let moved = 0;
    let index = 0;
    for (const bytes of new SeededTraffic(seed, count)) {
      const wrong = await move(bytes);
      if (wrong !== undefined) throw new Error(`transfer ${index} of ${bytes.length} bytes: ${wrong}`);
      moved += bytes.length;
      index++;
    }
    return moved;
  }

  #device(): HostDevice {
    const [device] = this.#host.devices;
    if (device === undefined) throw new KernelError('ENODEV', 'host', 'no device is plugged in.');
    return device;
  }
}

function reportOf({ status, actual, data }: TransferResult): TransferReport {
  return { status: status === 0 ? '0' : errnoCode(status), actual, data: Uint8Array.from(data) };
}
