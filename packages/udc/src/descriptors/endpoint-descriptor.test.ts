import type { CompanionDescriptor, EndpointDescriptor } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byte, word } from '../../test/arbitraries.ts';
import {
  decodeCompanionDescriptor,
  decodeEndpointDescriptor,
  encodeCompanionDescriptor,
  encodeEndpointDescriptor,
  endpointDirection,
  packetSize,
  transactionsPerInterval,
  transferType,
} from './endpoint-descriptor.ts';

describe('an endpoint descriptor', () => {
  it('has seven bytes, the packet size little endian', () => {
    expect([...encodeEndpointDescriptor({ address: 0x81, attributes: 2, maxPacketSize: 512, interval: 4 })]).toEqual([
      7, 5, 0x81, 2, 0x00, 0x02, 4,
    ]);
  });

  it('has nine bytes for audio', () => {
    const audio = { address: 1, attributes: 9, maxPacketSize: 192, interval: 4, refresh: 1, synchAddress: 0x82 };
    expect([...encodeEndpointDescriptor(audio)]).toEqual([9, 5, 1, 9, 192, 0, 4, 1, 0x82]);
    expect(decodeEndpointDescriptor(encodeEndpointDescriptor(audio))).toEqual(audio);
  });

  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(
        fc.record({ address: byte, attributes: byte, maxPacketSize: word, interval: byte }),
        (descriptor: EndpointDescriptor) => {
          expect(decodeEndpointDescriptor(encodeEndpointDescriptor(descriptor))).toEqual(descriptor);
        },
      ),
    );
  });

  it('tells direction, type, packet size and transactions', () => {
    const descriptor = { attributes: 0b0101, maxPacketSize: 0x1400 };
    expect(endpointDirection(0x81)).toBe('in');
    expect(endpointDirection(0x01)).toBe('out');
    expect(transferType(descriptor)).toBe('isochronous');
    expect(packetSize(descriptor)).toBe(1024);
    expect(transactionsPerInterval(descriptor)).toBe(3);
  });

  it('must be one, and be whole', () => {
    expect(() => decodeEndpointDescriptor(Uint8Array.of(7, 4, 0, 0, 0, 0, 0))).toThrow(
      'bDescriptorType is 4, expected 5',
    );
    expect(() => decodeEndpointDescriptor(Uint8Array.of(6, 5, 0, 0, 0, 0))).toThrow('needs 7 bytes: bLength is 6');
    expect(() => decodeEndpointDescriptor(Uint8Array.of(7, 5, 0, 0))).toThrow('4 are there');
  });
});

describe('an endpoint companion', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(
        fc.record({ maxBurst: byte, attributes: byte, bytesPerInterval: word }),
        (companion: CompanionDescriptor) => {
          const bytes = encodeCompanionDescriptor(companion);
          expect(bytes[0]).toBe(6);
          expect(decodeCompanionDescriptor(bytes)).toEqual(companion);
        },
      ),
    );
  });
});
