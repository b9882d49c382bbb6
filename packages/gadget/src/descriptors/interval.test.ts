import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalMilliseconds, intervalRange, intervalValue, type PeriodicType } from './interval.ts';
import type { DescribedSpeed } from './speed.ts';

const types: readonly PeriodicType[] = ['interrupt', 'isochronous'];
const speeds: readonly DescribedSpeed[] = ['full', 'high', 'super'];

describe('bInterval (USB 2.0, 9.6.6)', () => {
  it.each([
    ['interrupt', 'full', 10, 10],
    ['interrupt', 'full', 0.125, 1],
    ['interrupt', 'full', 1000, 255],
    ['interrupt', 'high', 0.125, 1],
    ['interrupt', 'high', 1, 4],
    ['interrupt', 'high', 10, 7],
    ['interrupt', 'high', 4096, 16],
    ['interrupt', 'super', 8, 7],
    ['isochronous', 'full', 1, 1],
    ['isochronous', 'full', 5, 3],
    ['isochronous', 'high', 0.125, 1],
    ['isochronous', 'high', 1, 4],
    ['isochronous', 'super', 4, 6],
  ] as const)('of %s at %s speed for %d ms is %d', (type, speed, milliseconds, value) => {
    expect(intervalValue(type, speed, milliseconds)).toBe(value);
  });

  it('is the longest period that is not longer than asked for', () => {
    const inputs = fc.record({
      type: fc.constantFrom(...types),
      speed: fc.constantFrom(...speeds),
      milliseconds: fc.double({ min: 0.001, max: 40_000, noNaN: true }),
    });
    fc.assert(
      fc.property(inputs, ({ type, speed, milliseconds }) => {
        const { shortest, longest } = intervalRange(type, speed);
        const value = intervalValue(type, speed, milliseconds);
        const period = intervalMilliseconds(type, speed, value);
        expect(period).toBeLessThanOrEqual(Math.max(shortest, milliseconds));
        if (period < longest) expect(intervalMilliseconds(type, speed, value + 1)).toBeGreaterThan(milliseconds);
        expect(period).toBeGreaterThanOrEqual(shortest);
        expect(period).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it.each([
    ['interrupt', 'full', 1, 255],
    ['isochronous', 'full', 1, 32_768],
    ['interrupt', 'high', 0.125, 4096],
    ['isochronous', 'super', 0.125, 4096],
  ] as const)('of %s at %s speed goes from %d to %d ms', (type, speed, shortest, longest) => {
    expect(intervalRange(type, speed)).toEqual({ shortest, longest });
  });
});
