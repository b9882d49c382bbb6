import { errnoCode, KernelError, SECOND } from '@gadgetloom/core';
import { Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { type ConnectedDevice, type HostEnd, HostTransfer } from '@gadgetloom/virtual-host';
import type { ScenarioHost } from './target.ts';

const ENUMERATION = 10 * SECOND;
const CONTROL = 5 * SECOND;
/** USBDEVFS_CONTROL moves one page. */
const PAGE = 4096;
/** Interfaces that usbfs keeps track of: bits of an unsigned long. */
const CLAIMABLE = 64;

/** Plays the host of a scenario on a host in this process, and answers as Linux's usbfs does. */
export class InProcessScenarioHost implements ScenarioHost {
  readonly #host: HostEnd;

  constructor(host: HostEnd) {
    this.#host = host;
  }

  async configured(): Promise<void> {
    await this.#host.waitForDevice(ENUMERATION);
  }

  async bulkIn(endpoint: number, length: number, timeout: number): Promise<Uint8Array> {
    const data = new Uint8Array(length);
    return data.subarray(0, await this.#bulk(endpoint, data, timeout));
  }

  async bulkOut(endpoint: number, data: Uint8Array, timeout: number): Promise<number> {
    return this.#bulk(endpoint, data, timeout);
  }

  async halt(endpoint: number): Promise<void> {
    const requestType = RequestType.ENDPOINT;
    const setup = { requestType, request: Request.SET_FEATURE, value: Feature.ENDPOINT_HALT, length: 0 };
    await this.#control('SET_FEATURE', { ...setup, index: this.#address(endpoint) }, undefined);
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
    if (this.#host.suspend === undefined) throw new KernelError('EOPNOTSUPP', 'suspend', 'this host cannot suspend.');
    await this.#host.suspend();
  }

  async control(requestType: number, request: number, value: number, index: number, length: number): Promise<number> {
    this.#device();
    this.#checkRecipient(requestType, index & 0xff);
    if (length > PAGE) throw new KernelError('EINVAL', 'USBDEVFS_CONTROL', `at most ${PAGE} bytes.`);
    const setup = { requestType, request, value, index, length };
    return this.#control('USBDEVFS_CONTROL', setup, new Uint8Array(length));
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

  async #control(operation: string, setup: SetupPacket, data: Uint8Array | undefined): Promise<number> {
    const transfer = await this.#device().startControl(setup, data, CONTROL);
    return succeeded(operation, await transfer.done);
  }

  async #bulk(endpoint: number, data: Uint8Array, timeout: number): Promise<number> {
    const pipe = this.#device().pipe(this.#address(endpoint));
    const { status, actual } = await new Promise<HostTransfer>((complete) => {
      pipe.submit(new HostTransfer(data, complete), timeout);
    });
    succeeded('USBDEVFS_BULK', status);
    return actual;
  }

  #device(): ConnectedDevice {
    const [device] = this.#host.devices;
    if (device === undefined) throw new KernelError('ENODEV', 'usbfs', 'no device is connected.');
    return device;
  }

  #address(endpoint: number): number {
    const address = this.#device().configuration?.interfaces[0]?.alternates[0]?.endpoints[endpoint]?.address;
    if (address === undefined) throw new KernelError('ESRCH', 'usbfs', 'the device is not configured.');
    return address;
  }
}

function succeeded(operation: string, result: number): number {
  if (result < 0) throw new KernelError(errnoCode(result), operation);
  return result;
}
