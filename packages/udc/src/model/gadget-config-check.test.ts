import { isKernelError } from '@gadgetloom/core';
import type { ConfigurationConfig, GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { checkGadgetConfig } from './gadget-config-check.ts';

const stream = { type: 'ffs', instance: 'stream' };
const base: GadgetConfig = {
  name: 'g1',
  vendorId: 0x1d6b,
  productId: 0x0104,
  configurations: [{ value: 1, functions: [stream] }],
};
const gadget = (fields: Partial<GadgetConfig>): GadgetConfig => ({ ...base, ...fields });
const configured = (...configurations: readonly Partial<ConfigurationConfig>[]): GadgetConfig =>
  gadget({ configurations: configurations.map((fields) => ({ value: 1, functions: [stream], ...fields })) });
const linked = (...functions: ConfigurationConfig['functions']): GadgetConfig => configured({ functions });

/** What configfs answers: the errno and the operation, or 0. */
const table: readonly (readonly [string, GadgetConfig, string])[] = [
  ['a plain gadget', base, '0'],
  ['no configuration at all: refused only when it is bound', gadget({ configurations: [] }), '0'],
  ['a name with a slash', gadget({ name: 'a/b' }), 'EINVAL mkdir a/b'],
  ['no name', gadget({ name: '' }), 'EINVAL mkdir '],
  ['a name of 255 bytes', gadget({ name: 'x'.repeat(255) }), '0'],
  ['a name of 256 bytes', gadget({ name: 'é'.repeat(128) }), `ENAMETOOLONG mkdir ${'é'.repeat(128)}`],
  ['idVendor with 17 bits', gadget({ vendorId: 0x10000 }), 'ERANGE write idVendor'],
  ['idProduct below 0', gadget({ productId: -1 }), 'ERANGE write idProduct'],
  ['idProduct that is no whole number', gadget({ productId: 1.5 }), 'EINVAL write idProduct'],
  ['bcdDevice with a digit above 9', gadget({ deviceVersion: 0x01a0 }), 'EINVAL write bcdDevice'],
  ['bcdUSB with a digit above 9', gadget({ usbVersion: 0xa000 }), 'EINVAL write bcdUSB'],
  ['bcdUSB 9.99', gadget({ usbVersion: 0x9999 }), '0'],
  ['bDeviceClass with nine bits', gadget({ deviceClass: 256 }), 'ERANGE write bDeviceClass'],
  ['a speed that is none', gadget({ maxSpeed: 'warp' as never }), 'EINVAL write max_speed'],
  ['two languages', gadget({ strings: { 1033: {}, 1031: {} } }), '0'],
  ['three languages', gadget({ strings: { 1031: {}, 1033: {}, 1036: {} } }), 'EOVERFLOW mkdir strings/1036'],
  ['a language without variant', gadget({ strings: { 9: {} } }), 'EINVAL mkdir strings/9'],
  ['a reserved language', gadget({ strings: { 1122: {} } }), 'EINVAL mkdir strings/1122'],
  ['a language with 17 bits', gadget({ strings: { 66569: {} } }), 'ERANGE mkdir strings/66569'],
  ['a language that is no number', gadget({ strings: { en: {} } as never }), 'EINVAL mkdir strings/en'],
  ['a text of 126 bytes', gadget({ strings: { 1033: { product: 'é'.repeat(63) } } }), '0'],
  [
    'a text of 127 bytes',
    gadget({ strings: { 1033: { product: 'x'.repeat(127) } } }),
    'EOVERFLOW write strings/0x409/product',
  ],
  ['an empty text', gadget({ strings: { 1033: { serialNumber: '' } } }), 'EINVAL write strings/0x409/serialnumber'],
  [
    'an extra text of 127 bytes',
    gadget({ strings: { 1033: { extra: { motto: 'x'.repeat(127) } } } }),
    'EINVAL write strings/0x409/motto/s',
  ],
  ['an empty extra text', gadget({ strings: { 1033: { extra: { motto: '' } } } }), '0'],
  ['a function of 39 bytes', linked({ type: 'ffs', instance: 'x'.repeat(35) }), '0'],
  [
    'a function of 40 bytes',
    linked({ type: 'ffs', instance: 'x'.repeat(36) }),
    `ENAMETOOLONG mkdir functions/ffs.${'x'.repeat(36)}`,
  ],
  ['a function that is linked twice', linked(stream, stream), 'EEXIST link configs/c.1/ffs.stream'],
  ['the same function in two configurations', configured({}, { value: 2 }), '0'],
  ['configuration 0', configured({ value: 0 }), 'EINVAL mkdir configs/c.0'],
  ['configuration 256', configured({ value: 256 }), 'ERANGE mkdir configs/c.256'],
  ['configuration 1.5', configured({ value: 1.5 }), 'EINVAL mkdir configs/c.1.5'],
  ['two configurations of one value', configured({}, { label: 'd' }), 'EBUSY mkdir configs/d.1'],
  ['a configuration without label', configured({ label: '' }), 'EINVAL mkdir configs/.1'],
  ['a label with a dot', configured({ label: 'a.b' }), 'EINVAL mkdir configs/a.b.1'],
  ['a label of 38 bytes', configured({ label: 'x'.repeat(38) }), `ENAMETOOLONG mkdir configs/${'x'.repeat(38)}.1`],
  ['2040 mA', configured({ maxPower: 2040 }), '0'],
  ['2041 mA', configured({ maxPower: 2041 }), 'ERANGE write configs/c.1/MaxPower'],
  [
    'an empty text of a configuration',
    configured({ strings: { 1033: '' } }),
    'EINVAL write configs/c.1/strings/0x409/configuration',
  ],
  [
    'a vendor code of OS descriptors with nine bits',
    gadget({ osDescriptors: { vendorCode: 256 } }),
    'ERANGE write os_desc/b_vendor_code',
  ],
  [
    'OS descriptors of a configuration that is not there',
    gadget({ osDescriptors: { vendorCode: 1, configuration: 2 } }),
    'ENOENT link os_desc',
  ],
  [
    'a landing page of 252 bytes',
    gadget({ webUsb: { vendorCode: 1, landingPage: `https://${'x'.repeat(252)}` } }),
    '0',
  ],
  [
    'a landing page of 253 bytes',
    gadget({ webUsb: { vendorCode: 1, landingPage: `http://${'x'.repeat(253)}` } }),
    'EINVAL write webusb/landingPage',
  ],
  [
    'a WebUSB version that is not decimal',
    gadget({ webUsb: { vendorCode: 1, version: 0x010f } }),
    'EINVAL write webusb/bcdVersion',
  ],
];

describe('configfs', () => {
  it.each(table)('%s', (_, config, expected) => {
    let outcome = '0';
    try {
      checkGadgetConfig(config);
    } catch (error) {
      if (!isKernelError(error)) throw error;
      outcome = `${error.code} ${error.operation}`;
    }
    expect(outcome).toBe(expected);
  });

  it('says what is allowed', () => {
    expect(() => checkGadgetConfig(configured({ maxPower: 5000 }))).toThrow('5000 is out of range. Use 0 to 2040.');
    expect(() => checkGadgetConfig(gadget({ deviceVersion: 0x1a }))).toThrow('0x1a is binary coded decimal');
  });
});
