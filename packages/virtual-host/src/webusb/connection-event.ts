import { idlName } from './idl-name.ts';
import type { UsbDevice } from './types.ts';
import { WebUsbDevice } from './web-usb-device.ts';

/** `USBConnectionEventInit`: the options of every event, and the device. */
export interface UsbConnectionEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly device: UsbDevice;
}

/** `USBConnectionEvent`: a device was connected or disconnected. */
export class UsbConnectionEvent extends Event {
  static {
    idlName(UsbConnectionEvent, 'USBConnectionEvent');
  }

  readonly device: UsbDevice;

  /** @throws TypeError `device` is missing or is not a USBDevice */
  constructor(type: string, init: UsbConnectionEventInit) {
    super(type, init);
    if (!(init?.device instanceof WebUsbDevice)) throw new TypeError('A USBConnectionEvent needs a USBDevice.');
    this.device = init.device;
  }
}
