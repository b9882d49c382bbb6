import type { FunctionConfig, GadgetConfig } from '@gadgetloom/udc';
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
      'write functions/mass_storage.disk/lun.0/ro',
      'mkdir functions/mass_storage.disk/lun.1',
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

  it('changes what is busy while its function is linked, and keeps the order of functions', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    const gadget = (...functions: FunctionConfig[]): GadgetConfig => ({
      name: 'scope',
      vendorId: 1,
      productId: 2,
      configurations: [{ value: 1, functions }],
    });
    const acm = (protocol: string): FunctionConfig => ({ type: 'acm', instance: 'a', attributes: { protocol } });
    const [data, hid]: FunctionConfig[] = [
      { type: 'ffs', instance: 'data' },
      { type: 'hid', instance: 'h', bytes: { report_desc: Uint8Array.of(5, 1) } },
    ];
    applyGadget(files, gadget(acm('1'), hid!));
    expect(applyGadget(files, gadget(acm('1'), hid!))).toEqual([]);
    expect(applyGadget(files, gadget(acm('0'), hid!))).toEqual([
      'unlink configs/c.1/acm.a',
      'unlink configs/c.1/hid.h',
      'write functions/acm.a/protocol',
      'link configs/c.1/acm.a',
      'link configs/c.1/hid.h',
    ]);
    expect(applyGadget(files, gadget(data!, acm('0'), hid!))).toEqual([
      'unlink configs/c.1/acm.a',
      'unlink configs/c.1/hid.h',
      'mkdir functions/ffs.data',
      'link configs/c.1/ffs.data',
      'link configs/c.1/acm.a',
      'link configs/c.1/hid.h',
    ]);
    files.write('UDC', 'dummy_udc.0');
    expect(() => applyGadget(files, gadget(data!, acm('1'), hid!))).toThrow(/EBUSY.*Unbind it first/);
  });

  it('takes the medium out of a disk that becomes writable', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    const disk = (ro: string): GadgetConfig => {
      const attributes = { 'lun.0/ro': ro, 'lun.0/file': '/a.img' };
      const functions = [{ type: 'mass_storage', instance: 'd', attributes }];
      return { name: 'scope', vendorId: 1, productId: 2, configurations: [{ value: 1, functions }] };
    };
    applyGadget(files, disk('1'));
    expect(applyGadget(files, disk('0'))).toEqual([
      'eject functions/mass_storage.d/lun.0/file',
      'write functions/mass_storage.d/lun.0/ro',
      'write functions/mass_storage.d/lun.0/file',
    ]);
  });

  it('makes trees with links, and takes them apart', () => {
    using machine = new FakeMachine();
    const files = machine.configFiles('scope');
    const camera = (links: Record<string, string>): GadgetConfig => {
      const directories = ['streaming/header/h', 'streaming/mjpeg/m', 'streaming/mjpeg/m/small'];
      const functions = [{ type: 'uvc', instance: 'c', directories, links }];
      return { name: 'scope', vendorId: 1, productId: 2, configurations: [{ value: 1, functions }] };
    };
    const links = { 'streaming/header/h/m': 'streaming/mjpeg/m', 'streaming/class/fs/h': 'streaming/header/h' };
    applyGadget(files, camera(links));
    expect(applyGadget(files, camera(links))).toEqual([]);
    expect(applyGadget(files, camera({}))).toEqual([
      'unlink configs/c.1/uvc.c',
      'unlink functions/uvc.c/streaming/class/fs/h',
      'unlink functions/uvc.c/streaming/header/h/m',
      'link configs/c.1/uvc.c',
    ]);
    removeGadget(files);
    expect(files.exists('')).toBe(false);
  });

  it('makes nothing of a configuration that has a function twice', () => {
    using machine = new FakeMachine();
    const twice = { ...whole!, functions: [...whole!.functions, ...whole!.functions] };
    const apply = () => applyGadget(machine.configFiles('scope'), { ...config, configurations: [twice] });
    expect(apply).toThrow('link configs/c.1/ffs.data: EEXIST');
    expect(machine.configFiles('scope').exists('functions')).toBe(false);
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
