import { describe, expect, it } from 'vitest';
import { crc32, fillPattern } from './pattern.ts';

describe('the test pattern', () => {
  it('has the checksum that CRC-32 is checked with', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe('cbf43926');
  });

  it('gives the bytes that the recordings read back', () => {
    const bytes = new Uint8Array(65536);
    fillPattern(bytes, 7);
    expect(crc32(bytes)).toBe('9477f3ed');
  });

  it('gives zeros their checksum', () => {
    expect(crc32(new Uint8Array(4096))).toBe('c71c0011');
  });
});
