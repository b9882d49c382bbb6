import type { ConnectedDevice } from '../host-end.ts';

interface AllowedDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber: string | undefined;
  readonly devices: Set<ConnectedDevice>;
}

/** The devices that the program may use. Source: WebUSB, USBPermissionStorage and its algorithms. */
export class Permissions {
  readonly #all: boolean;
  readonly #allowed: AllowedDevice[] = [];

  /** @param all allows every device that connects, until the program forgets it */
  constructor(all: boolean) {
    this.#all = all;
  }

  allows(device: ConnectedDevice): boolean {
    return this.#find(device) !== undefined;
  }

  /** Allows a device that the user chose. */
  add(device: ConnectedDevice): void {
    if (this.#find(device) === undefined) this.#allowed.push({ ...identity(device), devices: new Set([device]) });
  }

  /** Called when a device connects. It is allowed if one with the same ids and serial number is. @returns whether it is */
  arrived(device: ConnectedDevice): boolean {
    const { vendorId, productId, serialNumber } = identity(device);
    const known = this.#allowed.find(
      (it) => it.vendorId === vendorId && it.productId === productId && it.serialNumber === serialNumber,
    );
    if (known !== undefined) known.devices.add(device);
    else if (this.#all) this.add(device);
    return known !== undefined || this.#all;
  }

  /** Called when a device disconnects. Without a serial number it is not recognized again. @returns whether it was allowed */
  left(device: ConnectedDevice): boolean {
    const known = this.#find(device);
    if (known === undefined) return false;
    known.devices.delete(device);
    if (known.serialNumber === undefined && known.devices.size === 0) this.#remove(known);
    return true;
  }

  /** Withdraws the permission, because the program forgets the device. */
  forget(device: ConnectedDevice): void {
    const known = this.#find(device);
    if (known !== undefined) this.#remove(known);
  }

  #find(device: ConnectedDevice): AllowedDevice | undefined {
    return this.#allowed.find(({ devices }) => devices.has(device));
  }

  #remove(known: AllowedDevice): void {
    this.#allowed.splice(this.#allowed.indexOf(known), 1);
  }
}

function identity({ descriptor, serialNumber }: ConnectedDevice): Omit<AllowedDevice, 'devices'> {
  return { vendorId: descriptor.vendorId, productId: descriptor.productId, serialNumber };
}
