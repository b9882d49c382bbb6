import { isInputError } from '@gadgetloom/core';
import type { StringTable } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptStrings, decodeStrings, encodeStrings, validateStrings } from './strings-blob.ts';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A strings blob with any body and counts. */
function blobOf(strings: number, languages: number, body: readonly number[]): Uint8Array {
  const blob = new Uint8Array(16 + body.length);
  const view = new DataView(blob.buffer);
  [2, blob.length, strings, languages].forEach((word, n) => {
    view.setUint32(4 * n, word, true);
  });
  blob.set(body, 16);
  return blob;
}

function patched(blob: Uint8Array, at: number, value: number): Uint8Array {
  const copy = blob.slice();
  copy[at] = value;
  return copy;
}

const A = 0x41;
const english = blobOf(1, 1, [9, 4, A, 0]);

describe('the strings blob', () => {
  it('has counts, and for each language its id and its strings', () => {
    const blob = encodeStrings([
      { language: 0x409, strings: ['ab', ''] },
      { language: 0x407, strings: ['ä', 'c'] },
    ]);
    expect(hex(blob)).toBe('02 00 00 00 1d 00 00 00 02 00 00 00 02 00 00 00 09 04 61 62 00 00 07 04 c3 a4 00 63 00');
  });

  it('is the same after decoding and encoding, byte for byte', () => {
    const table = (count: number): fc.Arbitrary<StringTable> =>
      fc.record({
        language: fc.nat(0xffff),
        strings: fc.array(fc.string({ unit: fc.constantFrom('a', '\n', 'ä', '€', '😀', '\ufeff'), maxLength: 20 }), {
          minLength: count,
          maxLength: count,
        }),
      });
    const tables = fc.integer({ min: 1, max: 4 }).chain((count) => fc.array(table(count), { maxLength: 3 }));
    fc.assert(
      fc.property(tables, (languages) => {
        const blob = encodeStrings(languages);
        expect(validateStrings(blob, 0)).toBeUndefined();
        expect(decodeStrings(blob)).toEqual(languages);
        expect(encodeStrings(decodeStrings(blob))).toEqual(blob);
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it.each<[string, StringTable[]]>([
    [
      'languages with a different number of strings',
      [
        { language: 1, strings: ['a'] },
        { language: 2, strings: [] },
      ],
    ],
    ['a language id of more than 16 bits', [{ language: 0x10000, strings: [] }]],
    ['text with a zero inside', [{ language: 1, strings: ['a\0b'] }]],
    ['half of a surrogate pair', [{ language: 1, strings: ['\ud800'] }]],
  ])('cannot hold %s', (_, languages) => {
    expect(() => encodeStrings(languages)).toThrow(expect.toSatisfy(isInputError));
  });

  it.each<[string, Uint8Array]>([
    ['text that is not UTF-8', blobOf(1, 1, [9, 4, 0xff, 0])],
    ['bytes after no strings', blobOf(0, 0, [1])],
    ['what the kernel refuses', blobOf(1, 1, [9, 4, A])],
    ['a few bytes', english.slice(0, 5)],
  ])('is not decoded from %s', (_, blob) => {
    expect(() => decodeStrings(blob)).toThrow(expect.toSatisfy(isInputError));
  });
});

describe('strings that the kernel refuses', () => {
  it.each<[string, Uint8Array, number, number]>([
    ['less than 16 bytes', english.slice(0, 15), 1, 0],
    ['another magic', patched(english, 0, 3), 1, 0],
    ['a length that is not that of the write', patched(english, 4, 21), 1, 4],
    ['strings without languages', patched(english, 12, 0), 1, 8],
    ['languages without strings', patched(english, 8, 0), 0, 8],
    ['fewer strings than the descriptors refer to', english, 2, 8],
    ['a language that is missing', patched(english, 12, 2), 1, 20],
    ['a string without an end', blobOf(1, 1, [9, 4, A]), 1, 18],
    ['a string that is missing', patched(english, 8, 2), 1, 20],
    ['bytes after the last string', blobOf(1, 1, [9, 4, A, 0, 0]), 1, 20],
  ])('%s: EINVAL', (_, blob, needed, offset) => {
    expect(validateStrings(blob, needed)).toMatchObject({ code: 'EINVAL', offset });
  });

  it('tables larger than one allocation: ENOMEM, before the languages are looked at', () => {
    // 8 + 56 bytes per language for one string: 74898 fit into 4 MiB.
    expect(validateStrings(blobOf(1, 74_898, []), 1)).toMatchObject({ code: 'EINVAL' });
    expect(validateStrings(blobOf(1, 74_899, []), 1)).toMatchObject({ code: 'ENOMEM' });
  });
});

describe('strings that the kernel accepts', () => {
  it('are not looked at if no descriptor needs one', () => {
    expect(validateStrings(blobOf(7, 9, [1, 2, 3]), 0)).toBeUndefined();
    expect(validateStrings(blobOf(0, 0, []), 0)).toBeUndefined();
  });

  it('may be more than are needed: the rest of each language is skipped', () => {
    const blob = encodeStrings([
      { language: 0x409, strings: ['a', 'b', 'c'] },
      { language: 0x407, strings: ['x', 'y', 'z'] },
    ]);
    const texts = acceptStrings(blob, 2).map(({ language, strings }) => [
      language,
      ...strings.map((text) => new TextDecoder().decode(text)),
    ]);
    expect(texts).toEqual([
      [0x409, 'a', 'b'],
      [0x407, 'x', 'y'],
    ]);
  });
});
