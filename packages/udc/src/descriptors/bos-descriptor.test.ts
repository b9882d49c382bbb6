import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capability } from '../../test/arbitraries.ts';
import { bosLength, decodeBos, encodeBos, WEBUSB_UUID } from './bos-descriptor.ts';
import { decodeDescriptors } from './decode-descriptors.ts';

describe('a binary object store', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(fc.array(capability, { maxLength: 5 }), (capabilities) => {
        const bytes = encodeBos(capabilities);
        expect(bosLength(bytes)).toBe(bytes.length);
        expect(bytes[4]).toBe(capabilities.length);
        expect(decodeBos(bytes)).toEqual(capabilities);
        expect(decodeDescriptors(bytes)).toEqual({ kind: 'bos', capabilities });
      }),
    );
  });

  it('holds what is not standard as it is', () => {
    // A SuperSpeedPlus capability with something in its reserved byte.
    const odd = Uint8Array.of(12, 0x10, 0x0a, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const bytes = Uint8Array.of(5, 0x0f, 17, 0, 1, ...odd);
    expect(decodeBos(bytes)).toMatchObject([{ type: 'other', capability: 0x0a }]);
    expect([...encodeBos(decodeBos(bytes))]).toEqual([...bytes]);
  });

  it('writes a UUID with its first three groups little endian', () => {
    const bytes = encodeBos([{ type: 'platform', uuid: WEBUSB_UUID, data: Uint8Array.of(0, 1, 2, 1) }]);
    expect([...bytes.subarray(9, 25)]).toEqual([
      0x38, 0xb6, 0x08, 0x34, 0xa9, 0x09, 0xa0, 0x47, 0x8b, 0xfd, 0xa0, 0x76, 0x88, 0x15, 0xb6, 0x65,
    ]);
  });

  it('refuses what is no UUID', () => {
    expect(() => encodeBos([{ type: 'platform', uuid: 'webusb', data: new Uint8Array() }])).toThrow('is not a UUID');
  });
});
