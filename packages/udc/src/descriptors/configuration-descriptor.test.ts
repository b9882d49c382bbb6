import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byte, configuration } from '../../test/arbitraries.ts';
import { configurationLength, decodeConfiguration, encodeConfiguration } from './configuration-descriptor.ts';
import { joinDescriptors } from './descriptor-bytes.ts';

const header = (length: number, interfaces: number): Uint8Array =>
  Uint8Array.of(9, 2, length & 0xff, length >> 8, interfaces, 1, 0, 0x80, 1);
const bulkIn = Uint8Array.of(7, 5, 0x81, 2, 0, 2, 0);
const interface0 = Uint8Array.of(9, 4, 0, 0, 1, 0xff, 0, 0, 4);

describe('a configuration', () => {
  it('is a tree of interfaces, alternates and endpoints', () => {
    const bytes = joinDescriptors([header(25, 1), interface0, bulkIn]);
    expect(decodeConfiguration(bytes)).toEqual({
      value: 1,
      stringIndex: 0,
      attributes: 0x80,
      maxPower: 1,
      extra: [],
      interfaces: [
        {
          number: 0,
          alternates: [
            {
              alternate: 0,
              interfaceClass: 0xff,
              interfaceSubClass: 0,
              interfaceProtocol: 0,
              stringIndex: 4,
              extra: [],
              endpoints: [{ address: 0x81, attributes: 2, maxPacketSize: 512, interval: 0, extra: [] }],
            },
          ],
        },
      ],
    });
  });

  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(configuration, (tree) => {
        const bytes = encodeConfiguration(tree);
        expect(configurationLength(bytes)).toBe(bytes.length);
        expect(decodeConfiguration(bytes)).toEqual(tree);
      }),
    );
  });

  it('is the same bytes after decoding and encoding, whatever stands in it', () => {
    const anything = fc
      .tuple(fc.constantFrom(4, 5, 0x0b, 0x21, 0x24, 0x30, 0x31), fc.uint8Array({ maxLength: 9 }))
      .map(([type, data]) => Uint8Array.of(data.length + 2, type, ...data));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 12 }), byte, (parts, count) => {
        // Alternates of one interface stand together here: each interface descriptor has a number of its own.
        let number = 0;
        const unique = parts.map((part) => {
          const copy = part.slice();
          if (copy[1] === 4 && copy.length > 2) copy[2] = number++;
          return copy;
        });
        const length = 9 + unique.reduce((sum, part) => sum + part.length, 0);
        const bytes = joinDescriptors([header(length, count), ...unique]);
        expect([...encodeConfiguration(decodeConfiguration(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it('keeps class-specific descriptors where they stood', () => {
    const hid = Uint8Array.of(9, 0x21, 0x11, 1, 0, 1, 0x22, 52, 0);
    const behind = Uint8Array.of(3, 0x25, 7);
    const tree = decodeConfiguration(joinDescriptors([header(37, 1), interface0, hid, bulkIn, behind]));
    const [setting] = tree.interfaces[0]?.alternates ?? [];
    expect(setting?.extra).toEqual([hid]);
    expect(setting?.endpoints[0]?.extra).toEqual([behind]);
  });

  it('knows the association before an interface and the companion behind an endpoint', () => {
    const association = Uint8Array.of(8, 0x0b, 0, 2, 2, 6, 0, 5);
    const companion = Uint8Array.of(6, 0x30, 3, 0, 0, 0);
    const bytes = joinDescriptors([header(39, 1), association, interface0, bulkIn, companion]);
    const [setting] = decodeConfiguration(bytes).interfaces[0]?.alternates ?? [];
    expect(setting?.association).toMatchObject({ firstInterface: 0, interfaceCount: 2, stringIndex: 5 });
    expect(setting?.endpoints[0]?.companion).toEqual({ maxBurst: 3, attributes: 0, bytesPerInterval: 0 });
  });

  it('may be that of the other speed', () => {
    const tree = {
      otherSpeed: true,
      value: 1,
      stringIndex: 0,
      attributes: 0x80,
      maxPower: 1,
      extra: [],
      interfaces: [],
    };
    expect(encodeConfiguration(tree)[1]).toBe(7);
    expect(decodeConfiguration(encodeConfiguration(tree))).toEqual(tree);
  });

  it('says which descriptor is broken', () => {
    expect(() => decodeConfiguration(joinDescriptors([header(13, 1), Uint8Array.of(1, 4, 0, 0)]))).toThrow(
      'Descriptor at byte 0: bLength is 1',
    );
    expect(() => decodeConfiguration(joinDescriptors([header(12, 1), Uint8Array.of(9, 4, 0)]))).toThrow(
      'bLength is 9, but only 3 bytes are left',
    );
    expect(() => decodeConfiguration(bulkIn)).toThrow('Not a configuration descriptor');
  });
});
