import { VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { connected, enumerated, type RigOptions, settled } from '../../test/rig.ts';
import { ScriptedDevice } from '../../test/scripted-device.ts';
import { options } from '../../test/usb-rig.ts';
import { VirtualHost } from '../model/virtual-host.ts';
import { UsbConnectionEvent } from './connection-event.ts';
import type { UsbDevice, UsbDeviceFilter } from './types.ts';
import type { UsbHost } from './usb-host.ts';

const content = {
  device: make.device({ deviceClass: 0xef }),
  configurations: [make.configuration({}, make.iface({ class: 0xff, subClass: 1, protocol: 2 }))],
};

async function withDevice(options: RigOptions = {}) {
  const rig = await enumerated({ content, ...options });
  return { ...rig, usb: rig.host.usb };
}

function heard(usb: UsbHost): string[] {
  const events: string[] = [];
  for (const type of ['connect', 'disconnect'] as const) {
    usb.addEventListener(type, (event) => events.push(`${event.type} ${event.device.productName}`));
  }
  return events;
}

describe('requestDevice', () => {
  it.each<[string, UsbDeviceFilter]>([
    ['everything', {}],
    ['the vendor', { vendorId: 0x1d6b }],
    ['the product', { vendorId: 0x1d6b, productId: 0x0104 }],
    ['the serial number', { serialNumber: 'S1' }],
    ['the class of an interface', { classCode: 0xff }],
    ['class, subclass and protocol of an interface', { classCode: 0xff, subclassCode: 1, protocolCode: 2 }],
    ['the class of the device', { classCode: 0xef, subclassCode: 0, protocolCode: 0 }],
  ])('finds by %s', async (_, filter) => {
    const { usb, there } = await withDevice();
    expect(await usb.requestDevice({ filters: [{ vendorId: 1 }, filter] })).toBe(there.webusb);
  });

  it.each<[string, UsbDeviceFilter]>([
    ['vendor', { vendorId: 1 }],
    ['product', { vendorId: 0x1d6b, productId: 1 }],
    ['serial number', { serialNumber: 'S2' }],
    ['class', { classCode: 8 }],
    ['subclass', { classCode: 0xff, subclassCode: 9 }],
    ['protocol', { classCode: 0xff, subclassCode: 1, protocolCode: 9 }],
    ['subclass, with the class of the device', { classCode: 0xef, subclassCode: 1 }],
  ])('does not find another %s', async (_, filter) => {
    const { usb } = await withDevice();
    await expect(usb.requestDevice({ filters: [filter] })).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it.each([{ productId: 1 }, { subclassCode: 1 }, { classCode: 1, protocolCode: 1 }])(
    'refuses the filter %o',
    async (filter) => {
      const { usb } = await withDevice();
      await expect(usb.requestDevice({ filters: [filter] })).rejects.toBeInstanceOf(TypeError);
      await expect(usb.requestDevice({ filters: [], exclusionFilters: [filter] })).rejects.toBeInstanceOf(TypeError);
    },
  );

  it('needs filters, excludes what it is told to, and finds everything with none', async () => {
    const { usb, there } = await withDevice();
    await expect(usb.requestDevice()).rejects.toBeInstanceOf(TypeError);
    expect(await usb.requestDevice({ filters: [] })).toBe(there.webusb);
    const excluding = { filters: [{}], exclusionFilters: [{ vendorId: 0x1d6b }] };
    await expect(usb.requestDevice(excluding)).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it('waits for a device that is being enumerated', async () => {
    const { host, device } = connected({ content });
    // The device is told its configuration before the host knows that it was taken: this is when a gadget is enabled.
    const requested = new Promise<UsbDevice>((resolve) => {
      device.script = (_, request) => {
        if (request.startsWith('SET_CONFIGURATION')) resolve(host.usb.requestDevice({ filters: [] }));
        return undefined;
      };
    });
    expect((await requested).productName).toBe('Thing');
  });

  it('waits for a device that connects anew meanwhile', async () => {
    const { host, device } = connected({ content });
    const request = host.usb.requestDevice({ filters: [] });
    device.disconnect();
    device.connect(host, 'high');
    expect((await request).opened).toBe(false);
  });

  it('waits no longer for a device that could not be enumerated', async () => {
    const { host, device } = connected({ content });
    device.script = () => 'stall';
    await expect(host.usb.requestDevice({ filters: [] })).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it('gives a device whose names are all known', async () => {
    const { host } = await enumerated(options);
    const { configurations } = await host.usb.requestDevice({ filters: [] });
    expect(configurations.map((it) => it.configurationName)).toEqual(['first', null]);
    expect(configurations[0]?.interfaces[0]?.alternates.map((it) => it.interfaceName)).toEqual(['loop', 'other']);
  });

  it('asks whom it is told to ask', async () => {
    const { usb } = await withDevice({ webusb: { choose: () => undefined } });
    await expect(usb.requestDevice({ filters: [{}] })).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});

describe('getDevices', () => {
  it('lists what was requested, until it is forgotten or leaves', async () => {
    const { usb, device, there } = await withDevice();
    expect(await usb.getDevices()).toEqual([]);
    await usb.requestDevice({ filters: [{}] });
    expect(await usb.getDevices()).toEqual([there.webusb]);
    await there.webusb.forget();
    await there.webusb.forget();
    expect(await usb.getDevices()).toEqual([]);
    await usb.requestDevice({ filters: [{}] });
    device.disconnect();
    expect(await usb.getDevices()).toEqual([]);
  });

  it('lists everything if all devices are allowed', async () => {
    const { usb, there } = await withDevice({ webusb: { allowAllDevices: true } });
    expect(await usb.getDevices()).toEqual([there.webusb]);
    await there.webusb.forget();
    expect(await usb.getDevices()).toEqual([]);
  });

  it('does not list a device that could not be enumerated', async () => {
    const { host, device } = connected({ webusb: { allowAllDevices: true } });
    device.script = () => 'stall';
    await expect(host.waitForDevice()).rejects.toThrow();
    expect(await host.usb.getDevices()).toEqual([]);
  });
});

describe('the events', () => {
  it('tell of a device that was requested before, by its serial number', async () => {
    const { host, usb, device } = await withDevice();
    const events = heard(usb);
    await usb.requestDevice({ filters: [{}] });
    device.disconnect();
    expect(events).toEqual([]);
    await settled();
    expect(events).toEqual(['disconnect Thing']);
    device.connect(host);
    await host.waitForDevice();
    await settled();
    expect(events).toEqual(['disconnect Thing', 'connect Thing']);
    expect(await usb.getDevices()).toHaveLength(1);
  });

  it('tell of a device once its names are known', async () => {
    const { host, device } = connected({ ...options, webusb: { allowAllDevices: true } });
    const names = new Promise((resolve) => {
      host.usb.onconnect = ({ device }) =>
        resolve(device.configurations[0]?.interfaces[0]?.alternates[1]?.interfaceName);
    });
    expect(await names).toBe('other');
    expect(device.log.at(-1)).toBe('GET string 6 255');
  });

  it('tell of connect before disconnect, also if the device leaves while its names are read', async () => {
    const { host, device } = connected({ ...options, webusb: { allowAllDevices: true } });
    const events = heard(host.usb);
    device.script = (_, request) => {
      if (request === 'GET string 6 255') queueMicrotask(() => device.disconnect());
      return undefined;
    };
    await settled();
    await settled();
    expect(events).toEqual(['connect Thing', 'disconnect Thing']);
  });

  it('tell nothing of others, nor of one that nobody would know again', async () => {
    const device = make.device({ serialNumber: 0 });
    const rig = await withDevice({ content: { ...content, device } });
    const events = heard(rig.usb);
    rig.device.disconnect();
    rig.device.connect(rig.host);
    await rig.host.waitForDevice();
    await rig.usb.requestDevice({ filters: [{}] });
    rig.device.disconnect();
    rig.device.connect(rig.host);
    await rig.host.waitForDevice();
    await settled();
    expect(events).toEqual(['disconnect Thing']);
  });

  it('tell of everything if all devices are allowed', async () => {
    const host = new VirtualHost({ clock: new VirtualClock(), webusb: { allowAllDevices: true } });
    const events = heard(host.usb);
    const device = new ScriptedDevice(content).connect(host);
    await host.waitForDevice();
    device.disconnect();
    await settled();
    expect(events).toEqual(['connect Thing', 'disconnect Thing']);
  });

  it('reach handlers, which can be replaced, and listeners, which can be removed', async () => {
    const host = new VirtualHost({ clock: new VirtualClock(), webusb: { allowAllDevices: true } });
    const events: string[] = [];
    const listener = ({ type }: UsbConnectionEvent) => events.push(`listener ${type}`);
    host.usb.addEventListener('disconnect', listener);
    host.usb.removeEventListener('disconnect', listener);
    host.usb.onconnect = () => events.push('replaced');
    host.usb.onconnect = (event) => {
      expect(event).toBeInstanceOf(UsbConnectionEvent);
      expect(event.target).toBe(host.usb);
      events.push('connect');
    };
    host.usb.ondisconnect = () => events.push('removed');
    host.usb.ondisconnect = null;
    expect([typeof host.usb.onconnect, host.usb.ondisconnect]).toEqual(['function', null]);
    const device = new ScriptedDevice(content).connect(host);
    await host.waitForDevice();
    device.disconnect();
    await settled();
    expect(events).toEqual(['connect']);
  });
});
