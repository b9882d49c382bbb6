import { describe, expect, it } from 'vitest';
import { formatCount, formatRate, formatSize, parseCount, parseSize, plural } from './units.ts';

describe('sizes', () => {
  it.each([
    ['65536', 65536],
    ['64k', 65536],
    ['64K', 65536],
    ['64 KiB', 65536],
    ['64kb', 64000],
    ['1.5 MiB', 1572864],
    ['1GB', 1_000_000_000],
    ['0', 0],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text, '--size')).toBe(bytes);
  });

  it.each(['', '-1', '64 parsecs', '1.5', 'k', '1e3'])('%j is none', (text) => {
    expect(() => parseSize(text, '--size')).toThrow(`--size is "${text}"; allowed is a number of bytes`);
  });

  it('can be too large to count', () => {
    expect(() => parseSize('99999999999 GiB', '--size')).toThrow('--size is "99999999999 GiB"; allowed is at most');
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [65536, '64 KiB'],
    [100_000, '97.7 KiB'],
    [1_572_864, '1.50 MiB'],
  ])('%i bytes read %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it('rates are decimal, counts have thousands apart', () => {
    expect(formatRate(3_900_000_000)).toBe('3.90 GB/s');
    expect(formatCount(19834)).toBe('19\u00a0834');
    expect([plural(1, 'error'), plural(0, 'error')]).toEqual(['1 error', '0 errors']);
  });
});

describe('counts', () => {
  it('are whole numbers from 1 to a limit', () => {
    expect([parseCount('8', '--depth', 8), parseCount(' 1 ', '--depth', 8)]).toEqual([8, 1]);
    for (const text of ['0', '9', '-1', '1.5', 'x', '', '1e0', '0x1'])
      expect(() => parseCount(text, '--depth', 8)).toThrow(
        `--depth is "${text}"; allowed is a whole number from 1 to 8.`,
      );
  });
});
