import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { word } from '../../test/arbitraries.ts';
import {
  decodeLanguages,
  decodeStringDescriptor,
  encodeLanguages,
  encodeStringDescriptor,
} from './string-descriptor.ts';

describe('a string descriptor', () => {
  it('is UTF-16, little endian', () => {
    expect([...encodeStringDescriptor('aΩ')]).toEqual([6, 3, 0x61, 0, 0xa9, 0x03]);
  });

  it('is the same after encoding and decoding, half surrogates included', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 126 }), (units) => {
        const text = String.fromCharCode(...units);
        expect(decodeStringDescriptor(encodeStringDescriptor(text))).toBe(text);
      }),
    );
  });

  it('holds languages at index 0', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 126 }), (languages) => {
        expect(decodeLanguages(encodeLanguages(languages))).toEqual(languages);
      }),
    );
  });

  it('holds 126 units', () => {
    expect(encodeStringDescriptor('x'.repeat(126))).toHaveLength(254);
    expect(() => encodeStringDescriptor('x'.repeat(127))).toThrow('this text has 127');
    expect(() => encodeLanguages(new Array<number>(127).fill(9))).toThrow('these are 127');
  });
});
