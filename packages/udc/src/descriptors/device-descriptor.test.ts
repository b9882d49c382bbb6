import type { DeviceDescriptor, QualifierDescriptor } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byte, word } from '../../test/arbitraries.ts';
import { decodeDescriptors } from './decode-descriptors.ts';
import {
  decodeDeviceDescriptor,
  decodeQualifierDescriptor,
  encodeDeviceDescriptor,
  encodeQualifierDescriptor,
} from './device-descriptor.ts';

const common = {
  usbVersion: word,
  deviceClass: byte,
  deviceSubClass: byte,
  deviceProtocol: byte,
  maxPacketSize0: byte,
  configurationCount: byte,
};
const device: fc.Arbitrary<DeviceDescriptor> = fc.record({
  ...common,
  vendorId: word,
  productId: word,
  deviceVersion: word,
  manufacturerIndex: byte,
  productIndex: byte,
  serialNumberIndex: byte,
});
const qualifier: fc.Arbitrary<QualifierDescriptor> = fc.record(common);

describe('device descriptor and qualifier', () => {
  it('are the same after encoding and decoding', () => {
    fc.assert(
      fc.property(device, qualifier, (one, other) => {
        expect(encodeDeviceDescriptor(one)).toHaveLength(18);
        expect(decodeDeviceDescriptor(encodeDeviceDescriptor(one))).toEqual(one);
        expect(encodeQualifierDescriptor(other)).toHaveLength(10);
        expect(decodeQualifierDescriptor(encodeQualifierDescriptor(other))).toEqual(other);
      }),
    );
  });

  it('are recognised among answers of a device', () => {
    fc.assert(
      fc.property(device, qualifier, (one, other) => {
        expect(decodeDescriptors(encodeDeviceDescriptor(one))).toEqual({ kind: 'device', device: one });
        expect(decodeDescriptors(encodeQualifierDescriptor(other))).toEqual({ kind: 'qualifier', qualifier: other });
      }),
    );
  });

  it('need all their bytes', () => {
    expect(() => decodeDeviceDescriptor(Uint8Array.of(8, 1, 0, 2, 0, 0, 0, 64))).toThrow('needs 18 bytes');
    expect(() => decodeQualifierDescriptor(new Uint8Array())).toThrow('Not a device qualifier descriptor');
  });
});
