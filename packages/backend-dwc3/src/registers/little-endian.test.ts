import { expect, it } from 'vitest';
import { littleEndian, swapBytes } from './little-endian.ts';

it('reads words of memory as little-endian ones', () => {
  const bytes = Uint8Array.of(0x78, 0x56, 0x34, 0x92);
  const [word] = new Int32Array(bytes.buffer);
  expect(littleEndian(word!) >>> 0).toBe(0x9234_5678);
});

it('turns words around', () => {
  expect(swapBytes(0x9234_5678 | 0) >>> 0).toBe(0x7856_3492);
  expect(swapBytes(swapBytes(-2))).toBe(-2);
});
