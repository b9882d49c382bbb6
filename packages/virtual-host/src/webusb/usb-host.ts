import type { Clock } from '@gadgetloom/core';
import type { ConnectedDevice } from '../host-end.ts';
import { UsbConnectionEvent } from './connection-event.ts';
import { expectValidFilter, matchesFilter } from './filter.ts';
import { idlName } from './idl-name.ts';
import { Permissions } from './permissions.ts';
import type { UsbDevice, UsbDeviceRequestOptions } from './types.ts';
import { WebUsbDevice } from './web-usb-device.ts';

/** What a program may see and do. */
export interface UsbHostOptions {
  /** True allows all devices, so that `getDevices` lists them without a request. A browser would ask the user. */
  readonly allowAllDevices?: boolean;
  /** True lets programs claim interfaces of protected classes (audio, HID, mass storage, video ...). A browser refuses. */
  readonly unrestricted?: boolean;
  /** Chooses one of the matching devices, or `undefined` for none. Takes the first unless given. */
  readonly choose?: (devices: readonly UsbDevice[]) => UsbDevice | undefined;
}

/** The host below a {@link UsbHost}. */
export interface EnumeratingHost {
  readonly clock: Clock;
  /** Resolves once no device is being enumerated. */
  enumerated(): Promise<void>;
}

type Listener = (event: UsbConnectionEvent) => unknown;
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type AddOptions = Parameters<EventTarget['addEventListener']>[2];
type RemoveOptions = Parameters<EventTarget['removeEventListener']>[2];

/**
 * The host as a web page sees it, which a browser has as `navigator.usb`. Source: WebUSB, section 3.
 */
export class UsbHost extends EventTarget {
  static {
    idlName(UsbHost, 'USB');
  }

  readonly #host: EnumeratingHost;
  readonly #options: UsbHostOptions;
  readonly #permissions: Permissions;
  readonly #devices = new Map<ConnectedDevice, WebUsbDevice>();
  readonly #represented = new WeakMap<ConnectedDevice, WebUsbDevice>();
  /** Somebody listens to `connect`, so the names of a device are read before it is announced. */
  #awaited = false;
  #onconnect: Listener | null = null;
  #ondisconnect: Listener | null = null;

  constructor(host: EnumeratingHost, options: UsbHostOptions = {}) {
    super();
    this.#host = host;
    this.#options = options;
    this.#permissions = new Permissions(options.allowAllDevices ?? false);
  }

  get onconnect(): Listener | null {
    return this.#onconnect;
  }

  /** Called when an allowed device is connected. It is one event listener among others. */
  set onconnect(listener: Listener | null) {
    this.#onconnect = this.#replace('connect', this.#onconnect, listener);
  }

  get ondisconnect(): Listener | null {
    return this.#ondisconnect;
  }

  /** Called when an allowed device is disconnected. It is one event listener among others. */
  set ondisconnect(listener: Listener | null) {
    this.#ondisconnect = this.#replace('disconnect', this.#ondisconnect, listener);
  }

  /** The devices that are connected and that the program was given. Waits for an enumeration that is under way. */
  async getDevices(): Promise<UsbDevice[]> {
    const known = await this.#known();
    return known.flatMap(([device, usb]) => (this.#permissions.allows(device) ? usb : []));
  }

  /**
   * Asks for a device. Waits for an enumeration that is under way. An empty list of filters matches every device, as it
   * does in Chromium.
   *
   * @throws TypeError there are no filters, or one of them is not valid
   * @throws DOMException NotFoundError no device matches, or none was chosen
   */
  async requestDevice(options?: UsbDeviceRequestOptions): Promise<UsbDevice> {
    if (options?.filters === undefined) throw new TypeError('requestDevice needs filters; [] matches every device.');
    const { filters, exclusionFilters = [] } = options;
    for (const filter of [...filters, ...exclusionFilters]) expectValidFilter(filter);
    const matching = (await this.#known()).filter(
      ([device]) =>
        (filters.length === 0 || filters.some((filter) => matchesFilter(device, filter))) &&
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
    if (type === 'connect') this.#awaited = true;
    super.addEventListener(type, listener as AnyListener, options);
  }

  override removeEventListener(type: 'connect' | 'disconnect', listener: Listener, options?: RemoveOptions): void;
  override removeEventListener(type: string, listener: AnyListener, options?: RemoveOptions): void;
  override removeEventListener(type: string, listener: Listener | AnyListener, options?: RemoveOptions): void {
    super.removeEventListener(type, listener as AnyListener, options);
  }

  /** The WebUSB object of a device, which is always the same. The host calls this and the next two methods. */
  represent(device: ConnectedDevice): WebUsbDevice {
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

  /** Called when a device was enumerated. */
  added(device: ConnectedDevice): void {
    const usb = this.represent(device);
    this.#devices.set(device, usb);
    if (this.#permissions.arrived(device)) void this.#announce('connect', usb);
  }

  /** Called when a device is gone. */
  removed(device: ConnectedDevice): void {
    const usb = this.#devices.get(device);
    this.#devices.delete(device);
    if (usb !== undefined && this.#permissions.left(device)) void this.#announce('disconnect', usb);
  }

  /** The devices that are connected, with all their names, which a browser reads before it shows a device. */
  async #known(): Promise<[ConnectedDevice, WebUsbDevice][]> {
    await this.#host.enumerated();
    await Promise.all([...this.#devices.values()].map((usb) => usb.readNames()));
    return [...this.#devices];
  }

  async #announce(type: 'connect' | 'disconnect', device: WebUsbDevice): Promise<void> {
    if (this.#awaited) await device.readNames();
    this.#host.clock.defer(() => void this.dispatchEvent(new UsbConnectionEvent(type, { device })));
  }

  #replace(type: 'connect' | 'disconnect', before: Listener | null, listener: Listener | null): Listener | null {
    if (before !== null) this.removeEventListener(type, before);
    if (listener !== null) this.addEventListener(type, listener);
    return listener;
  }
}
