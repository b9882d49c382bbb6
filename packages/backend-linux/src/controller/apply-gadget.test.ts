import type { GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { applyGadget, removeGadget } from './apply-gadget.ts';

const config: GadgetConfig = {
  name: 'scope',
  vendorId: 0x1d6b,
  productId: 0x0104,
  maxSpeed: 'super',
  strings: { 1033: { manufacturer: 'Gadgetloom', product: 'Scope', serialNumber: '1', extra: { note: 'hello' } } },
  configurations: [
    {
      value: 1,
      maxPower: 250,
      selfPowered: true,
      strings: { 1033: 'all of it' },
      functions: [
        { type: 'ffs', instance: 'data' },
        { type: 'mass_storage', instance: 'disk', attributes: { 'lun.0/ro': '1', 'lun.1/file': '/tmp/disk' } },
      ],
    },
  ],
  osDescriptors: { vendorCode: 5 },
  webUsb: { vendorCode: 6, landingPage: 'https://example.org' },
};

const [whole] = config.configurations;

describe('applying a gadget', () => {
  it('makes everything, in an order that configfs takes', () => {
    using machine = new FakeMachine();
    expect(applyGadget(machine.configFiles('scope'), config)).toEqual([
      'mkdir scope',
      'write idVendor',
      'write idProduct',
      'write max_speed',
      'mkdir strings/0x409',
      'write strings/0x409/manufacturer',
      'write strings/0x409/product',
      'write strings/0x409/serialnumber',
      'mkdir strings/0x409/note',
      'write strings/0x409/note/s',
      'write webusb/bVendorCode',
      'write webusb/landingPage',
      'write webusb/use',
      'mkdir functions/ffs.data',
      'mkdir functions/mass_storage.disk',
      'mkdir functions/mass_storage.disk/lun.1',
      'write functions/mass_storage.disk/lun.0/ro',
      'write functions/mass_storage.disk/lun.1/file',
      'mkdir configs/c.1',
      'write configs/c.1/MaxPower',
      'write configs/c.1/bmAttributes',
      'mkdir configs/c.1/strings/0x409',
      'write configs/c.1/strings/0x409/configuration',
      'link configs/c.1/ffs.data',
      'link configs/c.1/mass_storage.disk',
      'write os_desc/b_vendor_code',
      'write os_desc/qw_sign',
      'write os_desc/use',
      'link os_desc/c.1',
    ]);
  });

  it('a second time touches nothing', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    applyGadget(files, config);
    expect(applyGadget(files, config)).toEqual([]);
  });

  it('changes only what differs', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    applyGadget(files, config);
    const changed = {
      ...config,
      productId: 0x0105,
      configurations: [{ ...whole!, functions: [whole!.functions[0]!] }],
    };
    expect(applyGadget(files, changed)).toEqual([
      'unlink configs/c.1/mass_storage.disk',
      'rmdir functions/mass_storage.disk/lun.1',
      'rmdir functions/mass_storage.disk',
      'write idProduct',
    ]);
    expect(applyGadget(files, changed)).toEqual([]);
  });

  it('stops at what configfs refuses, and says what that was', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    files.mkdir('');
    files.mkdir('functions/ffs.data');
    files.rmdir('configs');
    expect(() => applyGadget(files, config)).toThrow(/^mkdir configs\/c\.1: ENOENT/);
  });
});

describe('removing a gadget', () => {
  it('leaves nothing, and is harmless when there is none', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    applyGadget(files, config);
    removeGadget(files);
    expect(files.exists('')).toBe(false);
    removeGadget(files);
  });
});
