import { describe, expect, it } from 'vitest';
import { positive, positiveInteger } from './positive.ts';

describe('a number of the command line', () => {
  it('is above zero', () => {
    expect([positive('0.5'), positiveInteger('4')]).toEqual([0.5, 4]);
    for (const text of ['', ' ', 'x', '0', '-1', 'Infinity', '4s'])
      expect(() => positive(text)).toThrow('It has to be a number above 0.');
  });

  it('is whole where it counts something', () => {
    expect(() => positiveInteger('1.5')).toThrow('It has to be a whole number.');
  });
});
