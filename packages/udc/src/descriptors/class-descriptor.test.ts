import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClassDescriptor, decodeClassDescriptor, encodeClassDescriptor } from './class-descriptor.ts';

const bytes = (hex: string) => Uint8Array.from(hex.split(' '), (one) => Number.parseInt(one, 16));
const HID = { interfaceClass: 3, interfaceSubClass: 0 };
const DFU = { interfaceClass: 0xfe, interfaceSubClass: 1 };
const CCID = { interfaceClass: 0x0b, interfaceSubClass: 0 };

/** Example of HID 1.11, E.4: a keyboard. */
const keyboard = bytes('09 21 01 01 00 01 22 3f 00');
const updater = bytes('09 21 0d ff 00 00 10 10 01');
const reader: ClassDescriptor = {
  kind: 'ccid',
  version: 0x0110,
  maxSlotIndex: 0,
  voltages: 7,
  protocols: 3,
  defaultClock: 4000,
  maximumClock: 8000,
  clocks: 0,
  defaultDataRate: 10753,
  maximumDataRate: 344_086,
  dataRates: 0,
  maxIfsd: 254,
  synchronousProtocols: 0,
  mechanical: 0,
  features: 0x0001_00ba,
  maxMessageLength: 271,
  classGetResponse: 0xff,
  classEnvelope: 0,
  lcdLayout: 0x0210,
  pinSupport: 3,
  busySlots: 1,
};

describe('a class descriptor', () => {
  it('has the fields of its class', () => {
    expect(decodeClassDescriptor(keyboard, HID)).toEqual({
      kind: 'hid',
      version: 0x0101,
      country: 0,
      descriptors: [{ type: 0x22, length: 63 }],
    });
    expect(decodeClassDescriptor(updater, DFU)).toEqual({
      kind: 'dfu',
      attributes: 0b1101,
      detachTimeout: 255,
      transferSize: 4096,
      version: 0x0110,
    });
    const encoded = encodeClassDescriptor(reader);
    expect(encoded).toHaveLength(54);
    expect([...encoded.subarray(0, 11)]).toEqual([54, 0x21, 0x10, 0x01, 0, 7, 3, 0, 0, 0, 0xa0]);
    expect([...encoded.subarray(48)]).toEqual([0xff, 0, 0x10, 0x02, 3, 1]);
    expect(decodeClassDescriptor(encoded, CCID)).toEqual(reader);
  });

  it('is unknown with another type, class or length', () => {
    expect(decodeClassDescriptor(bytes('09 24 01 01 00 01 22 3f 00'), HID)).toBeUndefined();
    expect(decodeClassDescriptor(keyboard, { interfaceClass: 0xff, interfaceSubClass: 0 })).toBeUndefined();
    expect(decodeClassDescriptor(updater, { interfaceClass: 0xfe, interfaceSubClass: 2 })).toBeUndefined();
    expect(decodeClassDescriptor(keyboard.subarray(0, 8), HID)).toBeUndefined();
    expect(decodeClassDescriptor(bytes('09 21 01 01 00 02 22 3f 00'), HID)).toBeUndefined();
    expect(decodeClassDescriptor(updater, CCID)).toBeUndefined();
    expect(decodeClassDescriptor(new Uint8Array(0), HID)).toBeUndefined();
    expect(decodeClassDescriptor(bytes('02 21'), HID)).toBeUndefined();
  });

  it('refuses values that do not fit', () => {
    expect(() => encodeClassDescriptor({ ...reader, busySlots: 256 })).toThrow('busySlots is 256; it has to be');
  });

  it('is the same again after decoding, whatever its bytes', () => {
    const body = fc.uint8Array({ minLength: 52, maxLength: 52 });
    const some = fc.constantFrom([HID, 9] as const, [DFU, 9] as const, [CCID, 54] as const);
    fc.assert(
      fc.property(some, body, ([setting, length], rest) => {
        const whole = Uint8Array.of(length, 0x21, ...rest.subarray(0, length - 2));
        if (setting === HID) whole[5] = 1;
        expect(encodeClassDescriptor(decodeClassDescriptor(whole, setting)!)).toEqual(whole);
      }),
    );
  });
});
