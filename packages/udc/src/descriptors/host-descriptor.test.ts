import { describe, expect, it } from 'vitest';
import {
  decodeCompatibleIds,
  decodeExtendedProperties,
  decodeOsString,
  decodeUrl,
  decodeWebUsb,
} from './host-descriptor.ts';

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const wide = (text: string): number[] => [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);

describe('what browsers and Windows read', () => {
  it('is the WebUSB capability and its page', () => {
    const capability = (...data: number[]) => ({
      type: 'platform' as const,
      uuid: '3408b638-09a9-47a0-8bfd-a0768815b665',
      data: Uint8Array.from(data),
    });
    expect(decodeWebUsb(capability(0, 1, 0xce, 1))).toEqual({ version: 0x0100, vendorCode: 0xce, landingPageIndex: 1 });
    expect(decodeWebUsb(capability(0, 1, 0xce))).toBeUndefined();
    expect(decodeUrl(Uint8Array.of(6, 3, 1, ...ascii('a.b'), 0))).toBe('https://a.b');
    expect(decodeUrl(Uint8Array.of(6, 3, 0, ...ascii('a.b')))).toBe('http://a.b');
    expect(decodeUrl(Uint8Array.of(5, 3, 255, ...ascii('x:')))).toBe('x:');
    for (const wrong of [[6, 3, 1, 0x61], [3, 4, 1], [3, 3, 7], [2, 3], []])
      expect(() => decodeUrl(Uint8Array.from(wrong))).toThrow('Not a URL descriptor');
  });

  it('is the OS string', () => {
    const bytes = Uint8Array.from([18, 3, ...wide('MSFT100'), 0xcd, 0]);
    expect(decodeOsString(bytes)).toEqual({ signature: 'MSFT100', vendorCode: 0xcd });
    expect(() => decodeOsString(bytes.subarray(0, 17))).toThrow('Not the OS string: 17 bytes of type 3');
  });

  it('are the compatible ids', () => {
    const entry = [1, 1, ...ascii('WINUSB'), 0, 0, ...ascii('12345678'), 0, 0, 0, 0, 0, 0];
    const bytes = Uint8Array.from([40, 0, 0, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, ...entry]);
    const ids = [{ interfaceNumber: 1, compatibleId: 'WINUSB', subCompatibleId: '12345678' }];
    expect(decodeCompatibleIds(bytes)).toEqual(ids);
    expect(decodeCompatibleIds(bytes.subarray(0, 39))).toEqual([]);
    expect(() => decodeCompatibleIds(bytes.subarray(0, 15))).toThrow('have 15 bytes; their header needs 16');
  });

  it('are the properties of an interface', () => {
    const text = [26, 0, 0, 0, 1, 0, 0, 0, 6, 0, ...wide('Ab\0'), 6, 0, 0, 0, ...wide('xy\0')];
    const binary = [20, 0, 0, 0, 3, 0, 0, 0, 4, 0, ...wide('C\0'), 2, 0, 0, 0, 9, 8];
    const bytes = Uint8Array.from([56, 0, 0, 0, 0, 1, 5, 0, 2, 0, ...text, ...binary]);
    expect(decodeExtendedProperties(bytes)).toEqual([
      { name: 'Ab', type: 1, value: 'xy' },
      { name: 'C', type: 3, value: Uint8Array.of(9, 8) },
    ]);
    expect(decodeExtendedProperties(Uint8Array.of(10, 0, 0, 0, 0, 1, 5, 0, 0, 0))).toEqual([]);
    expect(() => decodeExtendedProperties(bytes.subarray(0, 40))).toThrow('The extended properties are cut off.');
    expect(() => decodeExtendedProperties(Uint8Array.of(14, 0, 0, 0, 0, 1, 5, 0, 1, 0, 0, 0, 0, 0))).not.toThrow();
    expect(() => decodeExtendedProperties(bytes.subarray(0, 9))).toThrow('their header needs 10');
  });
});
