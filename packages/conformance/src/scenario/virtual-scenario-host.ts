import { errnoCode, KernelError, SECOND } from '@gadgetloom/core';
import { USB_DIR_IN } from '@gadgetloom/udc';
import type { HostDevice, HostPipe, TransferResult, VirtualHost } from '@gadgetloom/virtual-host';
import type { ScenarioHost } from './target.ts';

const ENUMERATION = 10 * SECOND;
const CONTROL = 5 * SECOND;

/** Plays the host of a scenario on a virtual host, answering as Linux's usbfs does. */
export class VirtualScenarioHost implements ScenarioHost {
  readonly #host: VirtualHost;

  constructor(host: VirtualHost) {
    this.#host = host;
  }

  async configured(): Promise<void> {
    await this.#host.waitForDevice(ENUMERATION);
  }

  async bulkIn(endpoint: number, length: number, timeout: number): Promise<Uint8Array> {
    return succeeded('USBDEVFS_BULK', await this.#pipe(endpoint).transferIn(length, timeout)).data;
  }

  async bulkOut(endpoint: number, data: Uint8Array, timeout: number): Promise<number> {
    return succeeded('USBDEVFS_BULK', await this.#pipe(endpoint).transferOut(data, timeout)).actual;
  }

  async halt(endpoint: number): Promise<void> {
    await this.#device().setHalt(this.#address(endpoint));
  }

  async clearHalt(endpoint: number): Promise<void> {
    await this.#device().clearHalt(this.#address(endpoint));
  }

  async setConfiguration(value: number): Promise<void> {
    await this.#device().setConfiguration(value);
  }

  async setInterface(alternate: number): Promise<void> {
    await this.#device().setInterface(0, alternate);
  }

  async reset(): Promise<void> {
    await this.#device().reset();
  }

  async control(requestType: number, request: number, value: number, index: number, length: number): Promise<number> {
    const setup = { requestType, request, value, index, length };
    if (requestType & USB_DIR_IN) return (await this.#device().controlIn(setup, CONTROL)).length;
    return this.#device().controlOut(setup, new Uint8Array(length), CONTROL);
  }

  #device(): HostDevice {
    const [device] = this.#host.devices;
    if (device === undefined) throw new KernelError('ENODEV', 'usbfs', 'no device is connected.');
    return device;
  }

  #address(endpoint: number): number {
    const address = this.#device().configuration?.interfaces[0]?.alternates[0]?.endpoints[endpoint]?.address;
    if (address === undefined) throw new KernelError('ESRCH', 'usbfs', 'the device is not configured.');
    return address;
  }

  #pipe(endpoint: number): HostPipe {
    return this.#device().pipe(this.#address(endpoint));
  }
}

function succeeded(operation: string, result: TransferResult): TransferResult {
  if (result.status < 0) throw new KernelError(errnoCode(result.status), operation);
  return result;
}
