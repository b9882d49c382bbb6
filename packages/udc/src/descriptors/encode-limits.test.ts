import { describe, expect, it } from 'vitest';
import { type DeviceCapability, encodeBos } from './bos-descriptor.ts';
import { encodeConfiguration } from './configuration-descriptor.ts';
import { type DeviceDescriptor, encodeDeviceDescriptor } from './device-descriptor.ts';
import { encodeCompanionDescriptor, encodeEndpointDescriptor } from './endpoint-descriptor.ts';
import { type AlternateSetting, encodeAssociation, encodeInterfaceDescriptor } from './interface-descriptor.ts';
import { encodeLanguages } from './string-descriptor.ts';

const device: DeviceDescriptor = {
  ...{ usbVersion: 0x200, deviceClass: 0, deviceSubClass: 0, deviceProtocol: 0, maxPacketSize0: 64 },
  ...{ vendorId: 1, productId: 2, deviceVersion: 0x100, manufacturerIndex: 0, productIndex: 0, serialNumberIndex: 0 },
  configurationCount: 1,
};
const endpoint = { address: 0x81, attributes: 2, maxPacketSize: 512, interval: 0 };
const configuration = { value: 1, stringIndex: 0, attributes: 0x80, maxPower: 1, interfaces: [], extra: [] };
const setting: AlternateSetting = {
  ...{ alternate: 0, interfaceClass: 0xff, interfaceSubClass: 0, interfaceProtocol: 0, stringIndex: 0 },
  ...{ endpoints: [], extra: [] },
};
const association = {
  ...{ firstInterface: 0, interfaceCount: 2, functionClass: 2, functionSubClass: 0, functionProtocol: 0 },
  stringIndex: 0,
};
const platform: DeviceCapability = {
  type: 'platform',
  uuid: '3408b638-09a9-47a0-8bfd-a0768815b665',
  data: new Uint8Array(236),
};

describe('a value that its field cannot hold is refused, not cut off', () => {
  it.each<[field: string, allowed: number, encode: () => Uint8Array]>([
    ['vendorId', 0xffff, () => encodeDeviceDescriptor({ ...device, vendorId: 0x1_0000 })],
    ['deviceClass', 0xff, () => encodeDeviceDescriptor({ ...device, deviceClass: -1 })],
    ['address', 0xff, () => encodeEndpointDescriptor({ ...endpoint, address: 0x181 })],
    ['interval', 0xff, () => encodeEndpointDescriptor({ ...endpoint, interval: 0.5 })],
    ['maxBurst', 0xff, () => encodeCompanionDescriptor({ maxBurst: 256, attributes: 0, bytesPerInterval: 0 })],
    ['maxPower', 0xff, () => encodeConfiguration({ ...configuration, maxPower: 500 })],
    ['wTotalLength', 0xffff, () => encodeConfiguration({ ...configuration, extra: [new Uint8Array(0xffff)] })],
    ['alternate', 0xff, () => encodeInterfaceDescriptor(0, { ...setting, alternate: 256 })],
    ['interfaceCount', 0xff, () => encodeAssociation({ ...association, interfaceCount: 256 })],
    ['languages[1]', 0xffff, () => encodeLanguages([0x409, 0x1_0409])],
    ['bLength', 0xff, () => encodeBos([platform])],
    ['attributes', 0xffff_ffff, () => encodeBos([{ type: 'usb2-extension', attributes: 2 ** 32 }])],
  ])('%s', (field, allowed, encode) => {
    expect(encode).toThrow(`it has to be a whole number from 0 to ${allowed}.`);
    expect(encode).toThrow(expect.objectContaining({ field }));
  });
});
