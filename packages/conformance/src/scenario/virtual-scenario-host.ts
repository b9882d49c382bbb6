import { errnoCode, KernelError, SECOND } from '@gadgetloom/core';
import { RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import type { HostDevice, HostPipe, TransferResult, VirtualHost } from '@gadgetloom/virtual-host';
import type { ScenarioHost } from './target.ts';

const ENUMERATION = 10 * SECOND;
const CONTROL = 5 * SECOND;
/** USBDEVFS_CONTROL moves one page. */
const PAGE = 4096;
/** Interfaces that usbfs keeps track of: bits of an unsigned long. */
const CLAIMABLE = 64;

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
    // -1 takes the configuration away, as 0 does (message.c, usb_set_configuration).
    await this.#device().setConfiguration(value === -1 ? 0 : value);
  }

  async setInterface(alternate: number): Promise<void> {
    this.#checkInterface(0);
    await this.#device().setInterface(0, alternate);
  }

  async reset(): Promise<void> {
    await this.#device().reset();
  }

  async suspend(): Promise<void> {
    await this.#host.suspend();
  }

  async control(requestType: number, request: number, value: number, index: number, length: number): Promise<number> {
    const device = this.#device();
    this.#checkRecipient(requestType, index & 0xff);
    if (length > PAGE) throw new KernelError('EINVAL', 'USBDEVFS_CONTROL', `at most ${PAGE} bytes.`);
    const setup = { requestType, request, value, index, length };
    const transfer = await device.startControl(setup, new Uint8Array(length), CONTROL);
    const result = await transfer.done;
    if (result < 0) throw new KernelError(errnoCode(result), 'USBDEVFS_CONTROL');
    return result;
  }

  /** At once: on this host, what has been asked for is on its way. */
  async underway(): Promise<void> {}

  /** What usbfs wants to know about a request before it sends it (devio.c, check_ctrlrecip). */
  #checkRecipient(requestType: number, index: number): void {
    if ((requestType & RequestType.TYPE_MASK) === RequestType.VENDOR) return;
    const recipient = requestType & RequestType.RECIPIENT_MASK;
    if (recipient === RequestType.INTERFACE) this.#checkInterface(index);
    if (recipient !== RequestType.ENDPOINT || (index & ~USB_DIR_IN) === 0) return;
    if (!this.#hasEndpoint(index) && !this.#hasEndpoint(index ^ USB_DIR_IN)) {
      throw new KernelError('ENOENT', 'usbfs', `there is no endpoint 0x${index.toString(16)}.`);
    }
  }

  /** devio.c, findintfep. @throws KernelError EINVAL no address; ESRCH not configured */
  #hasEndpoint(address: number): boolean {
    if ((address & ~(USB_DIR_IN | 0x0f)) !== 0) throw new KernelError('EINVAL', 'usbfs', 'that is no address.');
    const { configuration } = this.#device();
    if (configuration === undefined) throw new KernelError('ESRCH', 'usbfs', 'the device is not configured.');
    return configuration.interfaces.some(({ alternates }) =>
      alternates.some(({ endpoints }) => endpoints.some((endpoint) => endpoint.address === address)),
    );
  }

  /** devio.c, checkintf. @throws KernelError EHOSTUNREACH not configured; EINVAL no number; ENOENT no such interface */
  #checkInterface(number: number): void {
    const { configuration } = this.#device();
    if (configuration === undefined) throw new KernelError('EHOSTUNREACH', 'usbfs', 'the device is not configured.');
    if (number >= CLAIMABLE) throw new KernelError('EINVAL', 'usbfs', `interfaces are 0 to ${CLAIMABLE - 1}.`);
    if (configuration.interfaces[number] === undefined) {
      throw new KernelError('ENOENT', 'usbfs', `there is no interface ${number}.`);
    }
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
