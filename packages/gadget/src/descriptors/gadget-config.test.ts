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
});
