import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

describe('seeded random numbers', () => {
  it('are those of mulberry32', () => {
    // From the reference implementation in C, times 2^32.
    expect(draw(0, 3).map((number) => number * 2 ** 32)).toEqual([1144304738, 1416247, 958946056]);
    expect(draw(0xdeadbeef, 2).map((number) => number * 2 ** 32)).toEqual([4043151706, 1147597007]);
  });

  it('depend on the seed alone', () => {
    expect(draw(42, 100)).toEqual(draw(42, 100));
    expect(draw(42, 100)).not.toEqual(draw(43, 100));
  });

  it('lie in [0, 1) and fill it evenly', () => {
    const numbers = draw(7, 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(inTenth).toBeGreaterThan(900);
      expect(inTenth).toBeLessThan(1100);
    }
  });
});
