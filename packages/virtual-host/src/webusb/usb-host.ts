import type { Clock } from '@gadgetloom/core';
import type { ConnectedDevice } from '../host-end.ts';
import { expectValidFilter, matchesFilter } from './filter.ts';
import { Permissions } from './permissions.ts';
import type { UsbDevice, UsbDeviceRequestOptions } from './types.ts';
import { WebUsbDevice } from './web-usb-device.ts';

/** Which devices a program may see. */
export interface UsbHostOptions {
  /** Devices need not be requested first: `getDevices` lists all of them. A browser would ask the user. */
  readonly allowAllDevices?: boolean;
  /** Interfaces of protected classes (audio, HID, mass storage, video ...) can be claimed. A browser refuses. */
  readonly unrestricted?: boolean;
  /** Who is asked which of the matching devices to take; the first unless given. `undefined` takes none. */
  readonly choose?: (devices: readonly UsbDevice[]) => UsbDevice | undefined;
}

/** Tells of a device that was connected or disconnected. */
export class UsbConnectionEvent extends Event {
  readonly device: UsbDevice;

  constructor(type: string, init: { readonly device: UsbDevice }) {
    super(type);
    this.device = init.device;
  }
}

type Listener = (event: UsbConnectionEvent) => unknown;
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type AddOptions = Parameters<EventTarget['addEventListener']>[2];
type RemoveOptions = Parameters<EventTarget['removeEventListener']>[2];

/**
 * The host as a web page sees it: what a browser has as `navigator.usb`. Source: WebUSB, section 3.
 */
export class UsbHost extends EventTarget {
  readonly #clock: Clock;
  readonly #options: UsbHostOptions;
  readonly #permissions: Permissions;
  readonly #devices = new Map<ConnectedDevice, UsbDevice>();
  readonly #represented = new WeakMap<ConnectedDevice, UsbDevice>();
  #onconnect: Listener | null = null;
  #ondisconnect: Listener | null = null;

  constructor(clock: Clock, options: UsbHostOptions = {}) {
    super();
    this.#clock = clock;
    this.#options = options;
    this.#permissions = new Permissions(options.allowAllDevices ?? false);
  }

  get onconnect(): Listener | null {
    return this.#onconnect;
  }

  /** Called when a device that the program may see is plugged in; an event listener beside others. */
  set onconnect(listener: Listener | null) {
    this.#onconnect = this.#replace('connect', this.#onconnect, listener);
  }

  get ondisconnect(): Listener | null {
    return this.#ondisconnect;
  }

  /** Called when a device that the program may see is gone; an event listener beside others. */
  set ondisconnect(listener: Listener | null) {
    this.#ondisconnect = this.#replace('disconnect', this.#ondisconnect, listener);
  }

  /** The devices that are connected and that the program was given. */
  async getDevices(): Promise<UsbDevice[]> {
    return [...this.#devices].flatMap(([device, usb]) => (this.#permissions.allows(device) ? usb : []));
  }

  /**
   * Asks for a device.
   *
   * @throws TypeError no filters, or an impossible one
   * @throws DOMException NotFoundError none matches, or none was chosen
   */
  async requestDevice(options?: UsbDeviceRequestOptions): Promise<UsbDevice> {
    if (options?.filters === undefined) throw new TypeError('requestDevice needs filters; [] matches no device.');
    const { filters, exclusionFilters = [] } = options;
    for (const filter of [...filters, ...exclusionFilters]) expectValidFilter(filter);
    const matching = [...this.#devices].filter(
      ([device]) =>
        filters.some((filter) => matchesFilter(device, filter)) &&
        !exclusionFilters.some((filter) => matchesFilter(device, filter)),
    );
    const choose = this.#options.choose ?? (([first]: readonly UsbDevice[]) => first);
    const chosen = choose(matching.map(([, usb]) => usb));
    const entry = matching.find(([, usb]) => usb === chosen);
    if (entry === undefined) throw new DOMException('No device was selected.', 'NotFoundError');
    this.#permissions.add(entry[0]);
    return entry[1];
  }

  override addEventListener(type: 'connect' | 'disconnect', listener: Listener, options?: AddOptions): void;
  override addEventListener(type: string, listener: AnyListener, options?: AddOptions): void;
  override addEventListener(type: string, listener: Listener | AnyListener, options?: AddOptions): void {
    super.addEventListener(type, listener as AnyListener, options);
  }

  override removeEventListener(type: 'connect' | 'disconnect', listener: Listener, options?: RemoveOptions): void;
  override removeEventListener(type: string, listener: AnyListener, options?: RemoveOptions): void;
  override removeEventListener(type: string, listener: Listener | AnyListener, options?: RemoveOptions): void {
    super.removeEventListener(type, listener as AnyListener, options);
  }

  /** The WebUSB object of a device: always the same. The virtual host calls this and the next two. */
  represent(device: ConnectedDevice): UsbDevice {
    let usb = this.#represented.get(device);
    if (usb === undefined) {
      usb = new WebUsbDevice(device, {
        unrestricted: this.#options.unrestricted ?? false,
        forget: () => this.#permissions.forget(device),
      });
      this.#represented.set(device, usb);
    }
    return usb;
  }

  /** The device was enumerated. */
  added(device: ConnectedDevice): void {
    const usb = this.represent(device);
    this.#devices.set(device, usb);
    if (this.#permissions.arrived(device)) this.#announce('connect', usb);
  }

  /** The device is gone. */
  removed(device: ConnectedDevice): void {
    const usb = this.#devices.get(device);
    this.#devices.delete(device);
    if (usb !== undefined && this.#permissions.left(device)) this.#announce('disconnect', usb);
  }

  #announce(type: 'connect' | 'disconnect', device: UsbDevice): void {
    this.#clock.defer(() => void this.dispatchEvent(new UsbConnectionEvent(type, { device })));
  }

  #replace(type: 'connect' | 'disconnect', before: Listener | null, listener: Listener | null): Listener | null {
    if (before !== null) this.removeEventListener(type, before);
    if (listener !== null) this.addEventListener(type, listener);
    return listener;
  }
}
