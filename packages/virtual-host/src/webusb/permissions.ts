import type { ConnectedDevice } from '../host-end.ts';

interface AllowedDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber: string | undefined;
  readonly devices: Set<ConnectedDevice>;
}

/** Which devices the program was given. Source: WebUSB, USBPermissionStorage and the algorithms around it. */
export class Permissions {
  readonly #all: boolean;
  readonly #allowed: AllowedDevice[] = [];

  /** @param all every device that arrives is allowed, until it is forgotten */
  constructor(all: boolean) {
    this.#all = all;
  }

  allows(device: ConnectedDevice): boolean {
    return this.#find(device) !== undefined;
  }

  /** The user chose the device. */
  add(device: ConnectedDevice): void {
    if (this.#find(device) === undefined) this.#allowed.push({ ...identity(device), devices: new Set([device]) });
  }

  /** A device arrived: one with the same ids and serial number as an allowed one is allowed again. */
  arrived(device: ConnectedDevice): boolean {
    const { vendorId, productId, serialNumber } = identity(device);
    const known = this.#allowed.find(
      (it) => it.vendorId === vendorId && it.productId === productId && it.serialNumber === serialNumber,
    );
    if (known !== undefined) known.devices.add(device);
    else if (this.#all) this.add(device);
    return known !== undefined || this.#all;
  }

  /** A device left. Without a serial number nobody would know it again. @returns true if it was allowed */
  left(device: ConnectedDevice): boolean {
    const known = this.#find(device);
    if (known === undefined) return false;
    known.devices.delete(device);
    if (known.serialNumber === undefined && known.devices.size === 0) this.#remove(known);
    return true;
  }

  /** The program gives the device back. */
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
