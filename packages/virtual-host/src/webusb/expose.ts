import { UsbAlternateInterface, UsbConfiguration, UsbEndpoint, UsbInterface } from './configuration-tree.ts';
import { UsbConnectionEvent } from './connection-event.ts';
import {
  UsbInTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferPacket,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './transfer-results.ts';
import { UsbHost } from './usb-host.ts';
import { WebUsbDevice } from './web-usb-device.ts';

/** The interfaces of WebUSB. Their names are those of the globals of a browser. */
const interfaces = [
  UsbHost,
  WebUsbDevice,
  UsbConfiguration,
  UsbInterface,
  UsbAlternateInterface,
  UsbEndpoint,
  UsbConnectionEvent,
  UsbInTransferResult,
  UsbOutTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferPacket,
  UsbIsochronousOutTransferResult,
];

/**
 * Puts `navigator.usb` and the `USB...` globals of a browser in place, for programs that use them without being given a
 * {@link UsbHost}. Disposing the result puts back what was there before.
 *
 * @param scope the global object, unless given; a global object without `navigator` gets one
 */
export function exposeWebUsb(usb: UsbHost, scope: object = globalThis): Disposable {
  const undo = interfaces.map((it) => define(scope, it.name, { value: it, writable: true }));
  const navigator: unknown = Reflect.get(scope, 'navigator');
  undo.push(
    typeof navigator === 'object' && navigator !== null
      ? define(navigator, 'usb', { value: usb, enumerable: true })
      : define(scope, 'navigator', { value: { usb }, enumerable: true, writable: true }),
  );
  return {
    [Symbol.dispose]: () => {
      for (const restore of undo.splice(0).reverse()) restore();
    },
  };
}

/** Defines a property. @returns how to put back what was there */
function define(on: object, name: string, property: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(on, name);
  Object.defineProperty(on, name, { ...property, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(on, name);
    else Object.defineProperty(on, name, before);
  };
}
