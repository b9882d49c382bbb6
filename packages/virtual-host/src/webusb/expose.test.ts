import { describe, expect, it } from 'vitest';
import { enumeratedUsb } from '../../test/usb-rig.ts';
import { UsbConnectionEvent } from './connection-event.ts';
import { exposeWebUsb } from './expose.ts';
import { UsbInTransferResult } from './transfer-results.ts';
import type { UsbDevice } from './types.ts';
import { UsbHost } from './usb-host.ts';
import { WebUsbDevice } from './web-usb-device.ts';

const names = [
  'USB',
  'USBAlternateInterface',
  'USBConfiguration',
  'USBConnectionEvent',
  'USBDevice',
  'USBEndpoint',
  'USBInTransferResult',
  'USBInterface',
  'USBIsochronousInTransferPacket',
  'USBIsochronousInTransferResult',
  'USBIsochronousOutTransferPacket',
  'USBIsochronousOutTransferResult',
  'USBOutTransferResult',
];

describe('exposeWebUsb', () => {
  it('puts the globals of a browser in place, and takes them away again', async () => {
    const { host } = await enumeratedUsb();
    const scope: Record<string, unknown> = { navigator: { userAgent: 'test' } };
    const exposed = exposeWebUsb(host.usb, scope);
    expect(Object.getOwnPropertyNames(scope).sort()).toEqual([...names, 'navigator'].sort());
    expect(scope.navigator).toEqual({ userAgent: 'test', usb: host.usb });
    expect([scope.USB, scope.USBDevice, scope.USBInTransferResult]).toEqual([
      UsbHost,
      WebUsbDevice,
      UsbInTransferResult,
    ]);
    exposed[Symbol.dispose]();
    exposed[Symbol.dispose]();
    expect(scope).toEqual({ navigator: { userAgent: 'test' } });
  });

  it('puts back what was there before', async () => {
    const { host } = await enumeratedUsb();
    const scope: Record<string, unknown> = { USB: 1, navigator: { usb: 2 } };
    exposeWebUsb(host.usb, scope)[Symbol.dispose]();
    expect(scope).toEqual({ USB: 1, navigator: { usb: 2 } });
  });

  it('makes a navigator where there is none', async () => {
    const { host } = await enumeratedUsb();
    const scope: Record<string, unknown> = {};
    using _ = exposeWebUsb(host.usb, scope);
    expect(scope.navigator).toEqual({ usb: host.usb });
  });

  it('exposes the global object unless told otherwise', async () => {
    const { host } = await enumeratedUsb();
    using _ = exposeWebUsb(host.usb);
    expect(Reflect.get(globalThis, 'USBConnectionEvent')).toBe(UsbConnectionEvent);
    expect(Reflect.get(globalThis.navigator, 'usb')).toBe(host.usb);
  });

  it('names the classes as the IDL does', async () => {
    const { host, usb } = await enumeratedUsb();
    expect([UsbHost.name, WebUsbDevice.name, UsbConnectionEvent.name]).toEqual([
      'USB',
      'USBDevice',
      'USBConnectionEvent',
    ]);
    const tags = [host.usb, usb, usb.configuration].map((it) => Object.prototype.toString.call(it));
    expect(tags).toEqual(['[object USB]', '[object USBDevice]', '[object USBConfiguration]']);
  });
});

describe('a USBConnectionEvent', () => {
  it('has a device and the options of an event', async () => {
    const { usb } = await enumeratedUsb();
    const event = new UsbConnectionEvent('connect', { device: usb, cancelable: true });
    expect([event.type, event.device, event.cancelable]).toEqual(['connect', usb, true]);
  });

  it.each([[null], [undefined], [{}]])('refuses the device %s', (device) => {
    expect(() => new UsbConnectionEvent('connect', { device: device as UsbDevice })).toThrow(TypeError);
  });
});
