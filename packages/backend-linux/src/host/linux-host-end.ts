import { KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import type { UsbDeviceController } from '@gadgetloom/udc';
import type { ConnectedDevice, HostEnd } from '@gadgetloom/virtual-host';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { findConfiguredDevice, hostControllerOf } from './usb-sysfs.ts';
import { UsbfsDevice } from './usbfs-device.ts';

const SHORTEST = MILLISECOND;
const LONGEST = 20 * MILLISECOND;

/**
 * The host that a controller of this machine is connected to. The host of dummy_hcd is the same machine, which usbfs
 * reaches. The host of hardware is another machine.
 */
export class LinuxHostEnd implements HostEnd, AsyncDisposable {
  readonly elsewhere: string | undefined;
  readonly #kernel: LinuxKernel;
  readonly #hostController: string;
  #device: UsbfsDevice | undefined;
  #search: Promise<UsbfsDevice> | undefined;
  #closed = false;

  constructor(kernel: LinuxKernel, { name, driver }: Pick<UsbDeviceController, 'name' | 'driver'>) {
    const hostController = hostControllerOf(name, driver);
    this.#kernel = kernel;
    this.#hostController = hostController ?? '';
    this.elsewhere =
      hostController === undefined
        ? `The host of the controller ${name} (${driver}) is the machine at the other end of its cable. Open the gadget from there, with WebUSB or libusb.`
        : undefined;
  }

  get devices(): readonly ConnectedDevice[] {
    return this.#device?.connected ? [this.#device] : [];
  }

  async waitForDevice(timeout = 0): Promise<ConnectedDevice> {
    if (this.elsewhere !== undefined) throw new KernelError('ENODEV', 'wait for device', this.elsewhere);
    if (this.#device?.connected) return this.#device;
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined;
    });
    if (timeout <= 0) return this.#search;
    let stop: () => void = () => {};
    const late = new Promise<never>((_, reject) => {
      const timer = this.#kernel.clock.setTimer(timeout, () =>
        reject(
          new KernelError(
            'ETIMEDOUT',
            'wait for device',
            'no device was configured in time. Check that the gadget is bound and connected.',
          ),
        ),
      );
      stop = () => timer.cancel();
    });
    return Promise.race([this.#search, late]).finally(stop);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#search?.catch(() => {});
    await this.#device?.[Symbol.asyncDispose]();
  }

  async #find(): Promise<UsbfsDevice> {
    for (let period = SHORTEST; !this.#closed; period = Math.min(2 * period, LONGEST)) {
      const found = await findConfiguredDevice(this.#kernel.paths, this.#hostController);
      const device = found && (await this.#adopt(found));
      if (device !== undefined) return device;
      await sleep(this.#kernel.clock, period);
    }
    throw new KernelError('ENODEV', 'wait for device', 'the host was closed.');
  }

  /** Opens a device. Returns `undefined` if it was just disconnected. */
  async #adopt(found: Parameters<typeof UsbfsDevice.open>[1]): Promise<UsbfsDevice | undefined> {
    try {
      this.#device = await UsbfsDevice.open(this.#kernel, found, () => {});
    } catch (error) {
      if (error instanceof KernelError && (error.code === 'ENODEV' || error.code === 'ENOENT')) return undefined;
      throw error;
    }
    return this.#device.connected ? this.#device : undefined;
  }
}
