import { describe, expect, it } from 'vitest';
import type { GadgetDefinition } from '../definition/definition.ts';
import { gadgetConfig, gadgetName } from './gadget-config.ts';

const least: GadgetDefinition = { vendorId: '0x1d6b', productId: 0x0104, functions: { stream: {} } };

describe('what the controller is asked to create', () => {
  it('leaves to the kernel what the gadget does not say', () => {
    expect(gadgetConfig(least)).toEqual({
      name: 'gadgetloom',
      vendorId: 0x1d6b,
      productId: 0x0104,
      configurations: [{ value: 1, label: 'c', functions: [{ type: 'ffs', instance: 'stream' }] }],
    });
  });

  it('has everything that the gadget does say', () => {
    const config = gadgetConfig({
      ...least,
      name: 'scope',
      deviceVersion: '1.05',
      usbVersion: 0x0210,
      class: '0xef',
      subclass: 2,
      protocol: 1,
      maxSpeed: 'high',
      manufacturer: 'Me',
      product: { 'en-US': 'Scope', 'de-DE': 'Oszilloskop' },
      serialNumber: '0001',
      maxPower: 250,
      selfPowered: true,
      remoteWakeup: true,
    });
    expect(config).toEqual({
      name: 'scope',
      vendorId: 0x1d6b,
      productId: 0x0104,
      deviceVersion: 0x0105,
      usbVersion: 0x0210,
      deviceClass: 0xef,
      deviceSubClass: 2,
      deviceProtocol: 1,
      maxSpeed: 'high',
      strings: {
        1033: { manufacturer: 'Me', product: 'Scope', serialNumber: '0001' },
        1031: { manufacturer: 'Me', product: 'Oszilloskop', serialNumber: '0001' },
      },
      configurations: [
        {
          value: 1,
          label: 'c',
          maxPower: 250,
          selfPowered: true,
          remoteWakeup: true,
          functions: [{ type: 'ffs', instance: 'stream' }],
        },
      ],
    });
  });

  it('has each configuration with its functions, numbered around the numbers that were given', () => {
    const { configurations } = gadgetConfig({
      ...least,
      functions: { stream: {}, serial: { kernel: 'acm' } },
      maxPower: 100,
      configurations: {
        full: { description: 'all of it', functions: ['serial', 'stream'] },
        first: { value: 1, functions: ['stream'], maxPower: 500 },
        last: { functions: ['stream'] },
      },
    });
    expect(configurations).toMatchObject([
      { value: 2, label: 'full', strings: { 1033: 'all of it' }, maxPower: 100 },
      { value: 1, label: 'first', maxPower: 500 },
      { value: 3, label: 'last', maxPower: 100 },
    ]);
    expect(configurations[0]?.functions.map(({ type, instance }) => `${type}.${instance}`)).toEqual([
      'acm.serial',
      'ffs.stream',
    ]);
  });

  it('passes on the attributes of functions of the kernel, as configfs takes them', () => {
    const disk = { kernel: 'mass_storage', attributes: { 'lun.0/file': '/srv/disk.img', 'lun.0/ro': true, stall: 0 } };
    const { configurations } = gadgetConfig({ ...least, functions: { disk } });
    expect(configurations[0]?.functions).toEqual([
      {
        type: 'mass_storage',
        instance: 'disk',
        attributes: { 'lun.0/file': '/srv/disk.img', 'lun.0/ro': '1', stall: '0' },
      },
    ]);
  });

  it.each([
    ['Sample streamer', 'sample-streamer'],
    ['  Größe & Co. (2)', 'gr-e-co-2'],
    ['漢字', 'gadgetloom'],
    ['x'.repeat(60), 'x'.repeat(39)],
  ])('is named after the product %j', (product, name) => {
    expect(gadgetName({ ...least, product })).toBe(name);
  });

  it('has what browsers and Windows are told', () => {
    const webUsb = { landingPage: 'https://example.com' };
    expect(gadgetConfig({ ...least, webUsb }).webUsb).toEqual({ vendorCode: 0xce, ...webUsb });
    expect(gadgetConfig({ ...least, webUsb: { vendorCode: '0x01', version: '1.01' } }).webUsb).toEqual({
      vendorCode: 1,
      version: 0x0101,
    });
    const described = { functions: { f: { microsoftOs: { compatibleId: 'WINUSB' } } } };
    expect(gadgetConfig({ ...least, ...described }).osDescriptors).toEqual({ vendorCode: 0xcd, configuration: 1 });
    const configurations = { a: { functions: ['stream'] }, b: { value: 7, functions: ['stream'] } };
    const microsoftOs = { vendorCode: 2, signature: 'MSFT100', configuration: 'b' };
    expect(gadgetConfig({ ...least, configurations, microsoftOs }).osDescriptors).toEqual({
      vendorCode: 2,
      signature: 'MSFT100',
      configuration: 7,
    });
    expect(gadgetConfig(least)).not.toHaveProperty('osDescriptors');
  });

  it('has the class of associated interfaces, unless it has its own', () => {
    const functions = { pair: { association: {}, interfaces: { a: {}, b: {} } } };
    const associated = { deviceClass: 0xef, deviceSubClass: 2, deviceProtocol: 1 };
    expect(gadgetConfig({ ...least, functions })).toMatchObject(associated);
    expect(gadgetConfig({ ...least, functions, class: 0 }).deviceClass).toBe(0);
    expect(gadgetConfig({ ...least, functions, class: 0 })).not.toHaveProperty('deviceSubClass');
  });
});
