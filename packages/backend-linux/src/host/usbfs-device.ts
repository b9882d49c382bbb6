import { type ErrnoCode, KernelError } from '@gadgetloom/core';
import type { SetupPacket, UsbSpeed } from '@gadgetloom/udc';
import {
  type ConnectedDevice,
  DEVICE_DESCRIPTOR_SIZE,
  type DeviceDescriptor,
  DeviceStrings,
  type HostAlternate,
  type HostConfiguration,
  type HostEndpoint,
  initialAlternate,
  type PendingControl,
  parseConfiguration,
  parseDeviceDescriptor,
  type UsbDevice,
  WebUsbDevice,
} from '@gadgetloom/virtual-host';
import { type Advice, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { SysfsDevice } from './usb-sysfs.ts';
import { UsbfsControl } from './usbfs-control.ts';
import { UsbfsFile } from './usbfs-file.ts';
import { UsbfsPipe } from './usbfs-pipe.ts';

const ADVICE: Advice = {
  ENODEV: 'The device was disconnected. Wait for it again.',
  EBUSY: 'A driver of this machine or another program uses the interface. Unbind or end it.',
};

/**
 * A device behind a host controller of this machine, through usbfs. It claims an interface at its first use.
 * Source: Documentation/driver-api/usb/usb.rst; drivers/usb/core/devio.c.
 */
export class UsbfsDevice implements ConnectedDevice, AsyncDisposable {
  readonly speed: UsbSpeed;
  readonly descriptor: DeviceDescriptor;
  readonly configurations: readonly HostConfiguration[];
  readonly #kernel: LinuxKernel;
  readonly #file: UsbfsFile;
  readonly #control: UsbfsControl;
  readonly #strings: DeviceStrings;
  readonly #claims = new Map<number, Promise<void>>();
  readonly #pipes = new Map<HostEndpoint, UsbfsPipe>();
  #configuration: HostConfiguration | undefined;
  #alternates: HostAlternate[] = [];
  #webusb: UsbDevice | undefined;

  private constructor(kernel: LinuxKernel, file: UsbfsFile, found: SysfsDevice) {
    const { speed, descriptors, configuration } = found;
    this.#kernel = kernel;
    this.#file = file;
    this.speed = speed;
    this.descriptor = parseDeviceDescriptor(descriptors.subarray(0, DEVICE_DESCRIPTOR_SIZE));
    this.configurations = split(descriptors.subarray(DEVICE_DESCRIPTOR_SIZE)).map((bytes) =>
      parseConfiguration(bytes, speed, (text) => this.#report('descriptor notice', { text })),
    );
    this.#control = new UsbfsControl(file, kernel.clock);
    this.#strings = new DeviceStrings({
      control: this.#control,
      notice: (text) => this.#report('descriptor notice', { text }),
      get lost() {
        return !file.open;
      },
    });
    this.#configured(configuration);
  }

  /** @param onGone called once when the device is disconnected @throws KernelError the device cannot be opened */
  static async open(kernel: LinuxKernel, found: SysfsDevice, onGone: () => void): Promise<UsbfsDevice> {
    const file = await UsbfsFile.open(kernel, found.file, () => {
      device.#unconfigured('ENODEV');
      onGone();
    });
    const device = new UsbfsDevice(kernel, file, found);
    const { manufacturerIndex, productIndex, serialNumberIndex } = device.descriptor;
    for (const index of [manufacturerIndex, productIndex, serialNumberIndex]) await device.string(index);
    return device;
  }

  get connected(): boolean {
    return this.#file.open;
  }

  get product(): string | undefined {
    return this.knownString(this.descriptor.productIndex);
  }

  get manufacturer(): string | undefined {
    return this.knownString(this.descriptor.manufacturerIndex);
  }

  get serialNumber(): string | undefined {
    return this.knownString(this.descriptor.serialNumberIndex);
  }

  get configuration(): HostConfiguration | undefined {
    return this.#configuration;
  }

  get alternates(): readonly HostAlternate[] {
    return this.#alternates;
  }

  get webusb(): UsbDevice {
    this.#webusb ??= new WebUsbDevice(this, { unrestricted: false, forget() {} });
    return this.#webusb;
  }

  endpoints(): UsbfsPipe[] {
    return this.#alternates.flatMap((alternate) =>
      alternate.endpoints.map((endpoint) => this.#pipeOf(alternate, endpoint)),
    );
  }

  pipe(address: number): UsbfsPipe {
    const pipes = this.endpoints();
    const found = pipes.find((pipe) => pipe.address === address);
    if (found !== undefined) return found;
    const known = pipes.map((pipe) => hex(pipe.address)).join(', ');
    const advice = known === '' ? 'the device is not configured.' : `there are ${known}.`;
    throw new KernelError('ENOENT', `endpoint ${hex(address)}`, advice);
  }

  knownString(index: number): string | undefined {
    return this.#strings.known(index);
  }

  string(index: number): Promise<string | undefined> {
    return this.#strings.read(index);
  }

  async startControl(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<PendingControl> {
    return this.#control.start(setup, data, timeout);
  }

  async setConfiguration(value: number): Promise<void> {
    const operation = `SET_CONFIGURATION(${value})`;
    if (value !== 0 && this.configurations.every((known) => known.value !== value)) {
      const values = this.configurations.map((known) => known.value).join(', ');
      throw new KernelError('EINVAL', operation, `the device has the configurations ${values}.`);
    }
    this.#unconfigured('ENODEV');
    // The kernel refuses while a driver has an interface, and usbfs counts as one (devio.c, proc_setconfig).
    for (const number of [...this.#claims.keys()]) await this.releaseInterface(number);
    succeeded(await this.#file.call('set-configuration', value), operation, ADVICE);
    this.#configured(value);
  }

  async setInterface(number: number, alternateSetting: number): Promise<void> {
    const operation = `SET_INTERFACE(${number}, ${alternateSetting})`;
    const index = this.#alternates.findIndex(({ interfaceNumber }) => interfaceNumber === number);
    const alternate = this.#configuration?.interfaces[index]?.alternates.find(
      (known) => known.alternateSetting === alternateSetting,
    );
    if (alternate === undefined)
      throw new KernelError('EINVAL', operation, 'the device has no such interface or alternate setting.');
    await this.claimInterface(number);
    const before = this.#alternates[index]!;
    for (const endpoint of before.endpoints) this.#pipes.get(endpoint)?.close('ENOENT');
    succeeded(await this.#file.call('set-interface', number, alternateSetting), operation, ADVICE);
    this.#alternates[index] = alternate;
    this.#open(alternate);
    await this.string(alternate.nameIndex);
  }

  async clearHalt(address: number): Promise<void> {
    const pipe = this.pipe(address);
    await this.claimInterface(this.#interfaceOf(pipe));
    succeeded(await this.#file.call('clear-halt', address), `CLEAR_FEATURE(ENDPOINT_HALT, ${hex(address)})`, ADVICE);
  }

  async reset(): Promise<void> {
    const alternates = [...this.#alternates];
    const claimed = [...this.#claims.keys()];
    for (const pipe of this.#pipes.values()) pipe.close('ENODEV');
    succeeded(await this.#file.call('reset'), 'reset', {
      ...ADVICE,
      ENODEV: 'The device came back with other descriptors. Wait for it again.',
    });
    // A reset unbinds drivers that do not handle it from the interfaces (hub.c, usb_reset_device).
    this.#claims.clear();
    for (const number of claimed) await this.claimInterface(number);
    for (const alternate of alternates) this.#open(alternate);
  }

  claimInterface(number: number): Promise<void> {
    let claim = this.#claims.get(number);
    if (claim === undefined) {
      claim = this.#claim(number);
      this.#claims.set(number, claim);
    }
    return claim;
  }

  async releaseInterface(number: number): Promise<void> {
    if (!this.#claims.delete(number)) return;
    succeeded(await this.#file.call('release-interface', number), `release interface ${number}`, ADVICE);
  }

  /** Gives the device back to the drivers of this machine. A second call does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unconfigured('ENODEV');
    await this.#file[Symbol.asyncDispose]();
  }

  async #claim(number: number): Promise<void> {
    const result = await this.#file.call('claim-interface', number);
    if (result < 0) this.#claims.delete(number);
    succeeded(result, `claim interface ${number}`, ADVICE);
  }

  #interfaceOf(pipe: UsbfsPipe): number {
    const owner = this.#alternates.find(({ endpoints }) => endpoints.some(({ address }) => address === pipe.address));
    return owner?.interfaceNumber ?? 0;
  }

  #configured(value: number): void {
    this.#configuration = this.configurations.find((known) => known.value === value);
    this.#alternates = this.#configuration?.interfaces.map(initialAlternate) ?? [];
    for (const alternate of this.#alternates) this.#open(alternate);
  }

  #unconfigured(refusal: ErrnoCode): void {
    for (const pipe of this.#pipes.values()) pipe.close(refusal);
    this.#configuration = undefined;
    this.#alternates = [];
  }

  #open(alternate: HostAlternate): void {
    for (const endpoint of alternate.endpoints) this.#pipeOf(alternate, endpoint).open();
  }

  /** Returns the pipe of an endpoint, always the same object while the device is connected. */
  #pipeOf(alternate: HostAlternate, endpoint: HostEndpoint): UsbfsPipe {
    let pipe = this.#pipes.get(endpoint);
    if (pipe === undefined) {
      pipe = new UsbfsPipe(this.#kernel, this.#file, endpoint, () => {
        // If another driver has the interface, the transfer fails with EBUSY.
        this.claimInterface(alternate.interfaceNumber).catch(() => {});
      });
      this.#pipes.set(endpoint, pipe);
    }
    return pipe;
  }

  #report(what: string, details: Readonly<Record<string, string>>): void {
    const { trace, clock } = this.#kernel;
    trace?.event({ at: clock.now(), source: 'host', what, details });
  }
}

/** Splits the configuration descriptors of sysfs by their wTotalLength. */
function split(bytes: Uint8Array): Uint8Array[] {
  const configurations: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes[at + 2]! | (bytes[at + 3]! << 8);
    configurations.push(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return configurations;
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(2, '0')}`;
}
