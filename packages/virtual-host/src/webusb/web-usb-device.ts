import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import type { HostConfiguration } from '../descriptors/configuration.ts';
import type { ConnectedDevice, DevicePipe } from '../host-end.ts';
import { HostTransfer } from '../host-transfer.ts';
import { isProtected, setNode, type TreeOwner, UsbConfiguration, type UsbInterface } from './configuration-tree.ts';
import { readNames } from './device-names.ts';
import { domError, networkError, transferStatus } from './dom-errors.ts';
import { idlName } from './idl-name.ts';
import { PendingOperations } from './pending-operations.ts';
import { setupPacket } from './setup-packet.ts';
import { StateChanges } from './state-changes.ts';
import { copyOfSource, emptyPackets, filledPackets, inResult, transferLength } from './transfer-data.ts';
import {
  type UsbInTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferPacket,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './transfer-results.ts';
import type {
  UsbBufferSource,
  UsbControlTransferParameters,
  UsbDevice,
  UsbDirection,
  UsbEndpointType,
} from './types.ts';

/** The rights of a program on a device. */
export interface DeviceAccess {
  /** True if the program may claim interfaces of protected classes. */
  readonly unrestricted: boolean;
  /** Called when the program gives the device back. */
  forget(): void;
}

const dataTypes: readonly UsbEndpointType[] = ['bulk', 'interrupt'];

/**
 * A device as a web page sees it: the `USBDevice` of WebUSB. Every method rejects with a DOMException: NotFoundError the
 * device is gone, or there is no such configuration, interface or endpoint; InvalidStateError it is not opened, configured
 * or claimed, or is being changed; InvalidAccessError the endpoint has another type; IndexSizeError its number is not 1 to
 * 15; DataError the length; AbortError closed or reset meanwhile; NetworkError. Source: WebUSB, section 4; usb_device.cc.
 */
export class WebUsbDevice implements UsbDevice {
  static {
    idlName(WebUsbDevice, 'USBDevice');
  }

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
  readonly #pending = new PendingOperations();
  readonly #changes = new StateChanges();
  readonly #claims = new Set<number>();
  /** The configuration whose interfaces are claimed. */
  #claimedIn: HostConfiguration | undefined;
  #opened = false;
  #names: Promise<void> | undefined;

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
    const tree: TreeOwner = {
      speed: device.speed,
      configurations: device.configurations,
      name: (index) => device.knownString(index) ?? null,
      claimedSetting: (configuration, number) => this.#claimedSetting(configuration, number),
    };
    setNode(this, tree);
    this.configurations = device.configurations.map(({ value }) => new UsbConfiguration(this, value));
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
    const value = this.#device.configuration?.value;
    return this.configurations.find(({ configurationValue }) => configurationValue === value) ?? null;
  }

  get opened(): boolean {
    return this.#opened && this.#device.connected;
  }

  /** Reads the names of configurations and interfaces, once. The host calls it before a page sees the device. */
  readNames(): Promise<void> {
    this.#names ??= readNames(this.#device);
    return this.#names;
  }

  async open(): Promise<void> {
    this.#expectUnchanging();
    if (this.#opened) return;
    await this.#changes.ofDevice(async () => {
      await this.readNames();
      if (!this.#device.connected) throw domError('NetworkError', 'The device was disconnected while it was opened.');
      this.#opened = true;
    });
  }

  async close(): Promise<void> {
    this.#expectUnchanging();
    if (!this.#opened) return;
    this.#pending.abort('The device was closed.');
    await this.#changes.ofDevice(async () => {
      // The session ends, whatever the device answers to a last SET_INTERFACE.
      for (const number of [...this.#claims]) await this.#release(number).catch(() => {});
      this.#opened = false;
    });
  }

  async forget(): Promise<void> {
    this.#access.forget();
  }

  async selectConfiguration(configurationValue: number): Promise<void> {
    this.#expectUnchanging();
    if (!this.configurations.some((it) => it.configurationValue === configurationValue)) {
      throw domError('NotFoundError', `There is no configuration ${configurationValue}.`);
    }
    this.#expectOpened();
    this.#abortEndpoints(this.configuration?.interfaces ?? [], 'Another configuration was selected.');
    await this.#changes.ofDevice(async () => {
      await this.#run(this.#device.setConfiguration(configurationValue));
      this.#claims.clear();
    });
  }

  async claimInterface(interfaceNumber: number): Promise<void> {
    const wanted = this.#interface(interfaceNumber);
    if (wanted.claimed) return;
    if (!this.#access.unrestricted && isProtected(wanted)) {
      const why = `Interface ${interfaceNumber} is of a protected class; only an unrestricted host lets it be claimed.`;
      throw domError('SecurityError', why);
    }
    await this.#changes.ofInterface(interfaceNumber, async () => {
      await this.#run(this.#device.claimInterface?.(interfaceNumber));
      if (this.#claimedIn !== this.#device.configuration) this.#claims.clear();
      this.#claimedIn = this.#device.configuration;
      this.#claims.add(interfaceNumber);
    });
  }

  async releaseInterface(interfaceNumber: number): Promise<void> {
    const unwanted = this.#interface(interfaceNumber);
    if (!unwanted.claimed) return;
    this.#abortEndpoints([unwanted], 'The interface was released.');
    await this.#changes.ofInterface(interfaceNumber, () => this.#release(interfaceNumber));
  }

  async selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void> {
    const claimed = this.#claimedInterface(interfaceNumber);
    if (!claimed.alternates.some((it) => it.alternateSetting === alternateSetting)) {
      throw domError('NotFoundError', `Interface ${interfaceNumber} has no alternate setting ${alternateSetting}.`);
    }
    this.#abortEndpoints([claimed], 'Another alternate setting was selected.');
    await this.#changes.ofInterface(interfaceNumber, () =>
      this.#run(this.#device.setInterface(interfaceNumber, alternateSetting)),
    );
  }

  async controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult> {
    this.#expectControllable();
    const packet = setupPacket(setup, USB_DIR_IN, length & 0xffff);
    this.#expectRecipient(setup);
    const buffer = new Uint8Array(packet.length);
    const result = await this.#control(packet, buffer);
    return inResult(result, buffer, Math.max(result, 0));
  }

  async controlTransferOut(setup: UsbControlTransferParameters, data?: UsbBufferSource): Promise<UsbOutTransferResult> {
    this.#expectControllable();
    const bytes = copyOfSource(data ?? new ArrayBuffer(0));
    const packet = setupPacket(setup, 0, transferLength(bytes.length));
    this.#expectRecipient(setup);
    if (bytes.length > 0xffff) throw domError('NetworkError', 'A control transfer carries at most 65535 bytes.');
    const status = transferStatus(await this.#control(packet, bytes));
    return new UsbOutTransferResult(status, status === 'ok' ? bytes.length : 0);
  }

  async clearHalt(direction: UsbDirection, endpointNumber: number): Promise<void> {
    const { address } = this.#pipe(direction, endpointNumber);
    await this.#run(this.#device.clearHalt(address));
  }

  async transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult> {
    const pipe = this.#pipe('in', endpointNumber, dataTypes);
    const buffer = new Uint8Array(transferLength(length));
    const { status, actual } = await this.#transfer(pipe, buffer);
    return inResult(status, buffer, actual);
  }

  async transferOut(endpointNumber: number, data: UsbBufferSource): Promise<UsbOutTransferResult> {
    const pipe = this.#pipe('out', endpointNumber, dataTypes);
    const bytes = copyOfSource(data);
    transferLength(bytes.length);
    const { status, actual } = await this.#transfer(pipe, bytes);
    return new UsbOutTransferResult(transferStatus(status), actual);
  }

  async isochronousTransferIn(
    endpointNumber: number,
    packetLengths: number[],
  ): Promise<UsbIsochronousInTransferResult> {
    const pipe = this.#pipe('in', endpointNumber, ['isochronous']);
    const { buffer, packets: parts } = emptyPackets(packetLengths);
    const done = await Promise.all(parts.map((packet) => this.#transfer(pipe, packet)));
    const packets = done.map(({ status, data, actual }) => {
      const view = new DataView(buffer.buffer, data.byteOffset, actual);
      return new UsbIsochronousInTransferPacket(transferStatus(status), view);
    });
    return new UsbIsochronousInTransferResult(packets, new DataView(buffer.buffer));
  }

  async isochronousTransferOut(
    endpointNumber: number,
    data: UsbBufferSource,
    packetLengths: number[],
  ): Promise<UsbIsochronousOutTransferResult> {
    const pipe = this.#pipe('out', endpointNumber, ['isochronous']);
    const parts = filledPackets(data, packetLengths);
    const done = await Promise.all(parts.map((packet) => this.#transfer(pipe, packet)));
    return new UsbIsochronousOutTransferResult(
      done.map(({ status, actual }) => new UsbIsochronousOutTransferPacket(transferStatus(status), actual)),
    );
  }

  async reset(): Promise<void> {
    this.#expectControllable();
    this.#pending.abort('The device was reset.');
    await this.#run(this.#device.reset());
  }

  #claimedSetting(configuration: HostConfiguration, number: number): number | undefined {
    const current = this.#device.configuration;
    if (configuration !== current || current !== this.#claimedIn || !this.#claims.has(number)) return undefined;
    return this.#device.alternates.find(({ interfaceNumber }) => interfaceNumber === number)?.alternateSetting ?? 0;
  }

  #expectReady(): void {
    if (!this.#device.connected) throw domError('NotFoundError', 'The device was disconnected.');
    this.#changes.expectNoneOfDevice();
  }

  #expectOpened(): void {
    if (!this.#opened) throw domError('InvalidStateError', 'The device must be opened first.');
  }

  #expectUnchanging(): void {
    this.#expectReady();
    this.#changes.expectNoneOfInterfaces();
  }

  /**
   * The specification wants a configuration as well. Browsers, and web-platform-tests, want one only for control
   * transfers to an interface or an endpoint.
   */
  #expectControllable(): void {
    this.#expectUnchanging();
    this.#expectOpened();
  }

  #expectConfigured(): void {
    this.#expectReady();
    this.#expectOpened();
    if (this.#device.configuration === undefined) {
      throw domError('InvalidStateError', 'The device must have a configuration selected.');
    }
  }

  #interface(number: number): UsbInterface {
    this.#expectConfigured();
    const found = this.configuration?.interfaces.find(({ interfaceNumber }) => interfaceNumber === number);
    if (found === undefined) throw domError('NotFoundError', `The configuration has no interface ${number}.`);
    this.#changes.expectNoneOfInterface(number);
    return found;
  }

  #claimedInterface(number: number): UsbInterface {
    const found = this.#interface(number);
    if (!found.claimed) throw domError('InvalidStateError', `Interface ${number} must be claimed first.`);
    return found;
  }

  /** The pipe of an endpoint of a claimed interface. */
  #pipe(direction: UsbDirection, endpointNumber: number, allowed?: readonly UsbEndpointType[]): DevicePipe {
    this.#expectConfigured();
    if (!(endpointNumber >= 1 && endpointNumber <= 15)) {
      throw domError('IndexSizeError', `Endpoint numbers are 1 to 15; ${endpointNumber} is none.`);
    }
    const endpoint = this.configuration?.interfaces
      .filter(({ claimed, interfaceNumber }) => claimed && !this.#changes.includesInterface(interfaceNumber))
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

  /** Looks for the interface or endpoint that a control transfer is sent to. */
  #expectRecipient({ recipient, index }: UsbControlTransferParameters): void {
    if (recipient === 'interface') this.#claimedInterface(index & 0xff);
    if (recipient === 'endpoint') this.#pipe((index & USB_DIR_IN) !== 0 ? 'in' : 'out', index & 0x0f);
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

  /** Runs a change of the device, which can be aborted. */
  async #run(work: Promise<void> | undefined): Promise<void> {
    if (work === undefined) return;
    const failure = await this.#pending.track<unknown>(undefined, (resolve) => {
      void work.then(() => resolve(undefined), resolve);
      return () => {};
    });
    if (failure !== undefined) throw networkError(failure);
  }

  #abortEndpoints(interfaces: readonly UsbInterface[], reason: string): void {
    for (const { alternate, claimed } of interfaces) {
      if (!claimed) continue;
      for (const { direction, endpointNumber } of alternate.endpoints) {
        this.#pending.abort(reason, endpointNumber | (direction === 'in' ? USB_DIR_IN : 0));
      }
    }
  }

  /** An interface without an owner goes back to its first setting (usb_unbind_interface). */
  async #release(number: number): Promise<void> {
    const configuration = this.#device.configuration;
    const back = configuration !== undefined && (this.#claimedSetting(configuration, number) ?? 0) !== 0;
    this.#claims.delete(number);
    if (back) await this.#run(this.#device.setInterface(number, 0));
    await this.#run(this.#device.releaseInterface?.(number));
  }
}
