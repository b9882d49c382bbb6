import { RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import type { HostConfiguration } from '../descriptors/configuration.ts';
import type { ConnectedDevice, DevicePipe } from '../host-end.ts';
import { HostTransfer } from '../host-transfer.ts';
import { ConfigurationNode, type InterfaceNode, isProtected } from './configuration-tree.ts';
import { PendingOperations } from './pending-operations.ts';
import { copyOfSource, domError, inResult, networkError, transferStatus } from './results.ts';
import type {
  UsbBufferSource,
  UsbConfiguration,
  UsbControlTransferParameters,
  UsbDevice,
  UsbDirection,
  UsbEndpointType,
  UsbInTransferResult,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './types.ts';

/** What the device may do, and how it is given back. */
export interface DeviceAccess {
  /** Interfaces of protected classes can be claimed. */
  readonly unrestricted: boolean;
  /** The program gives the device back. */
  forget(): void;
}

const types = { standard: RequestType.STANDARD, class: RequestType.CLASS, vendor: RequestType.VENDOR };
const recipients = {
  device: RequestType.DEVICE,
  interface: RequestType.INTERFACE,
  endpoint: RequestType.ENDPOINT,
  other: RequestType.OTHER,
};
const dataTypes: readonly UsbEndpointType[] = ['bulk', 'interrupt'];

/**
 * A device as a web page sees it: the `USBDevice` of WebUSB, check for check. Every method rejects with a DOMException:
 * NotFoundError the device is gone, or there is no such thing; InvalidStateError it is not opened, configured or
 * claimed; InvalidAccessError the endpoint is of another type; AbortError closed or reset meanwhile; NetworkError the
 * transfer failed. Source: WebUSB, section 4.
 */
export class WebUsbDevice implements UsbDevice {
  readonly usbVersionMajor: number;
  readonly usbVersionMinor: number;
  readonly usbVersionSubminor: number;
  readonly deviceClass: number;
  readonly deviceSubclass: number;
  readonly deviceProtocol: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  readonly configurations: UsbConfiguration[];
  readonly #device: ConnectedDevice;
  readonly #access: DeviceAccess;
  readonly #nodes: readonly ConfigurationNode[];
  readonly #pending = new PendingOperations();
  readonly #claims = new Set<number>();
  /** The configuration that the claims belong to. */
  #claimedIn: HostConfiguration | undefined;
  #opened = false;

  constructor(device: ConnectedDevice, access: DeviceAccess) {
    const { descriptor } = device;
    this.#device = device;
    this.#access = access;
    this.usbVersionMajor = descriptor.usbVersion >> 8;
    this.usbVersionMinor = (descriptor.usbVersion >> 4) & 0xf;
    this.usbVersionSubminor = descriptor.usbVersion & 0xf;
    this.deviceClass = descriptor.deviceClass;
    this.deviceSubclass = descriptor.deviceSubClass;
    this.deviceProtocol = descriptor.deviceProtocol;
    this.vendorId = descriptor.vendorId;
    this.productId = descriptor.productId;
    this.deviceVersionMajor = descriptor.deviceVersion >> 8;
    this.deviceVersionMinor = (descriptor.deviceVersion >> 4) & 0xf;
    this.deviceVersionSubminor = descriptor.deviceVersion & 0xf;
    const owner = {
      speed: device.speed,
      name: (index: number) => device.knownString(index) ?? null,
      claimed: ({ number }: { number: number }) => this.#isClaimed(number),
      alternateSetting: ({ number }: { number: number }) => this.#alternateSetting(number),
    };
    this.#nodes = device.configurations.map((configuration) => new ConfigurationNode(configuration, owner));
    this.configurations = [...this.#nodes];
    Object.freeze(this.configurations);
  }

  get manufacturerName(): string | null {
    return this.#device.manufacturer ?? null;
  }

  get productName(): string | null {
    return this.#device.product ?? null;
  }

  get serialNumber(): string | null {
    return this.#device.serialNumber ?? null;
  }

  get configuration(): UsbConfiguration | null {
    return this.#configuration() ?? null;
  }

  get opened(): boolean {
    return this.#opened && this.#device.connected;
  }

  /** Reads the names of configurations and interfaces that are not known yet. */
  async open(): Promise<void> {
    this.#expectConnected();
    if (this.#opened) return;
    for (const { nameIndex, interfaces } of this.#device.configurations) {
      await this.#device.string(nameIndex);
      for (const it of interfaces.flatMap(({ alternates }) => alternates)) await this.#device.string(it.nameIndex);
    }
    if (!this.#device.connected) throw domError('NetworkError', 'The device was disconnected while it was opened.');
    this.#opened = true;
  }

  async close(): Promise<void> {
    this.#expectConnected();
    if (!this.#opened) return;
    this.#pending.abort('The device was closed.');
    for (const number of [...this.#claims]) await this.#release(number);
    this.#opened = false;
  }

  async forget(): Promise<void> {
    this.#access.forget();
  }

  async selectConfiguration(configurationValue: number): Promise<void> {
    this.#expectConnected();
    const node = this.#nodes.find((it) => it.configurationValue === configurationValue);
    if (node === undefined) throw domError('NotFoundError', `There is no configuration ${configurationValue}.`);
    if (!this.#opened) throw domError('InvalidStateError', 'The device must be opened first.');
    this.#abortEndpoints(this.#configuration()?.interfaces ?? [], 'Another configuration was selected.');
    await this.#run(this.#device.setConfiguration(configurationValue));
    this.#claims.clear();
  }

  async claimInterface(interfaceNumber: number): Promise<void> {
    const node = this.#interface(interfaceNumber);
    if (node.claimed) return;
    if (!this.#access.unrestricted && isProtected(node)) {
      const why = `Interface ${interfaceNumber} is of a protected class; only an unrestricted host lets it be claimed.`;
      throw domError('SecurityError', why);
    }
    if (this.#device.claimInterface !== undefined) await this.#run(this.#device.claimInterface(interfaceNumber));
    if (this.#claimedIn !== this.#device.configuration) this.#claims.clear();
    this.#claimedIn = this.#device.configuration;
    this.#claims.add(interfaceNumber);
  }

  async releaseInterface(interfaceNumber: number): Promise<void> {
    const node = this.#interface(interfaceNumber);
    if (!node.claimed) return;
    this.#abortEndpoints([node], 'The interface was released.');
    await this.#release(interfaceNumber);
  }

  async selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void> {
    const node = this.#interface(interfaceNumber);
    if (!node.claimed) throw domError('InvalidStateError', `Interface ${interfaceNumber} must be claimed first.`);
    if (node.find(alternateSetting) === undefined) {
      throw domError('NotFoundError', `Interface ${interfaceNumber} has no alternate setting ${alternateSetting}.`);
    }
    this.#abortEndpoints([node], 'Another alternate setting was selected.');
    await this.#run(this.#device.setInterface(interfaceNumber, alternateSetting));
  }

  async controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult> {
    this.#expectConfigured();
    const packet = this.#setupPacket(setup, USB_DIR_IN, length & 0xffff);
    const buffer = new Uint8Array(packet.length);
    const result = await this.#control(packet, buffer);
    return inResult(result, buffer, Math.max(result, 0));
  }

  async controlTransferOut(setup: UsbControlTransferParameters, data?: UsbBufferSource): Promise<UsbOutTransferResult> {
    this.#expectConfigured();
    const bytes = copyOfSource(data ?? new ArrayBuffer(0));
    const status = transferStatus(await this.#control(this.#setupPacket(setup, 0, bytes.length), bytes));
    return { status, bytesWritten: status === 'ok' ? bytes.length : 0 };
  }

  async clearHalt(direction: UsbDirection, endpointNumber: number): Promise<void> {
    this.#expectConfigured();
    const { address } = this.#pipe(direction, endpointNumber);
    await this.#run(this.#device.clearHalt(address));
  }

  async transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult> {
    this.#expectConfigured();
    const pipe = this.#pipe('in', endpointNumber, dataTypes);
    const buffer = new Uint8Array(length);
    const { status, actual } = await this.#transfer(pipe, buffer);
    return inResult(status, buffer, actual);
  }

  async transferOut(endpointNumber: number, data: UsbBufferSource): Promise<UsbOutTransferResult> {
    this.#expectConfigured();
    const pipe = this.#pipe('out', endpointNumber, dataTypes);
    const { status, actual } = await this.#transfer(pipe, copyOfSource(data));
    return { status: transferStatus(status), bytesWritten: actual };
  }

  async isochronousTransferIn(
    endpointNumber: number,
    packetLengths: number[],
  ): Promise<UsbIsochronousInTransferResult> {
    this.#expectConfigured();
    const pipe = this.#pipe('in', endpointNumber, ['isochronous']);
    const buffer = new Uint8Array(sum(packetLengths));
    const done = await Promise.all(split(buffer, packetLengths).map((packet) => this.#transfer(pipe, packet)));
    const packets = done.map(({ status, data, actual }) => {
      return { status: transferStatus(status), data: new DataView(buffer.buffer, data.byteOffset, actual) };
    });
    return { data: new DataView(buffer.buffer), packets };
  }

  async isochronousTransferOut(
    endpointNumber: number,
    data: UsbBufferSource,
    packetLengths: number[],
  ): Promise<UsbIsochronousOutTransferResult> {
    this.#expectConfigured();
    const pipe = this.#pipe('out', endpointNumber, ['isochronous']);
    const bytes = copyOfSource(data);
    if (sum(packetLengths) > bytes.length) throw new TypeError('The packets are longer than the data.');
    const done = await Promise.all(split(bytes, packetLengths).map((packet) => this.#transfer(pipe, packet)));
    return { packets: done.map(({ status, actual }) => ({ status: transferStatus(status), bytesWritten: actual })) };
  }

  async reset(): Promise<void> {
    this.#expectConfigured();
    this.#pending.abort('The device was reset.');
    await this.#run(this.#device.reset());
  }

  #configuration(): ConfigurationNode | undefined {
    const value = this.#device.configuration?.value;
    return value === undefined ? undefined : this.#nodes.find((it) => it.configurationValue === value);
  }

  #isClaimed(number: number): boolean {
    return this.#claims.has(number) && this.#claimedIn === this.#device.configuration;
  }

  #alternateSetting(number: number): number {
    return this.#device.alternates.find((it) => it.interfaceNumber === number)?.alternateSetting ?? 0;
  }

  #expectConnected(): void {
    if (!this.#device.connected) throw domError('NotFoundError', 'The device was disconnected.');
  }

  #expectConfigured(): void {
    this.#expectConnected();
    if (!this.#opened) throw domError('InvalidStateError', 'The device must be opened first.');
    if (this.#device.configuration === undefined) {
      throw domError('InvalidStateError', 'The device must have a configuration selected.');
    }
  }

  #interface(number: number): InterfaceNode {
    this.#expectConfigured();
    const node = this.#configuration()?.interface(number);
    if (node === undefined) throw domError('NotFoundError', `The configuration has no interface ${number}.`);
    return node;
  }

  /** The pipe of an endpoint of a claimed interface. */
  #pipe(direction: UsbDirection, endpointNumber: number, allowed?: readonly UsbEndpointType[]): DevicePipe {
    const endpoint = this.#configuration()
      ?.interfaces.filter(({ claimed }) => claimed)
      .flatMap(({ alternate }) => alternate.endpoints)
      .find((it) => it.endpointNumber === endpointNumber && it.direction === direction);
    if (endpoint === undefined) {
      const what = `${direction.toUpperCase()} endpoint ${endpointNumber}`;
      throw domError('NotFoundError', `No claimed interface has ${what} in its selected alternate setting.`);
    }
    if (allowed !== undefined && !allowed.includes(endpoint.type)) {
      throw domError('InvalidAccessError', `The endpoint is ${endpoint.type}, not ${allowed.join(' or ')}.`);
    }
    try {
      return this.#device.pipe(endpointNumber | (direction === 'in' ? USB_DIR_IN : 0));
    } catch (error) {
      throw networkError(error);
    }
  }

  #setupPacket(setup: UsbControlTransferParameters, direction: number, length: number): SetupPacket {
    const type = types[setup.requestType];
    const recipient = recipients[setup.recipient];
    if (type === undefined || recipient === undefined) {
      throw new TypeError(`There is no request of type ${setup.requestType} to ${setup.recipient}.`);
    }
    const { request, value, index } = setup;
    if (setup.recipient === 'interface') {
      const number = index & 0xff;
      if (!this.#interface(number).claimed) {
        throw domError('InvalidStateError', `Interface ${number} must be claimed first.`);
      }
    }
    if (setup.recipient === 'endpoint') this.#pipe((index & USB_DIR_IN) !== 0 ? 'in' : 'out', index & 0x0f);
    return { requestType: direction | type | recipient, request, value, index, length };
  }

  #control(setup: SetupPacket, data: Uint8Array): Promise<number> {
    return this.#pending.track(undefined, (resolve) => {
      const started = this.#device.startControl(setup, data, 0);
      void started.then(({ done }) => done).then(resolve);
      return () => void started.then((transfer) => transfer.cancel());
    });
  }

  async #transfer(pipe: DevicePipe, data: Uint8Array): Promise<HostTransfer> {
    try {
      return await this.#pending.track(pipe.address, (resolve) => {
        const transfer = new HostTransfer(data, resolve);
        pipe.submit(transfer);
        return () => pipe.cancel(transfer);
      });
    } catch (error) {
      throw networkError(error);
    }
  }

  /** Something that is done to the device as a whole. */
  async #run(work: Promise<void>): Promise<void> {
    const failure = await this.#pending.track<unknown>(undefined, (resolve) => {
      void work.then(() => resolve(undefined), resolve);
      return () => {};
    });
    if (failure !== undefined) throw networkError(failure);
  }

  #abortEndpoints(interfaces: readonly InterfaceNode[], reason: string): void {
    for (const { alternate, claimed } of interfaces) {
      if (!claimed) continue;
      for (const { direction, endpointNumber } of alternate.endpoints) {
        this.#pending.abort(reason, endpointNumber | (direction === 'in' ? USB_DIR_IN : 0));
      }
    }
  }

  /** Without its owner an interface goes back to its first setting (usb_unbind_interface). */
  async #release(number: number): Promise<void> {
    const back = this.#isClaimed(number) && this.#alternateSetting(number) !== 0;
    this.#claims.delete(number);
    if (back) await this.#run(this.#device.setInterface(number, 0));
    if (this.#device.releaseInterface !== undefined) await this.#run(this.#device.releaseInterface(number));
  }
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

function split(buffer: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return buffer.subarray(at - length, at);
  });
}
