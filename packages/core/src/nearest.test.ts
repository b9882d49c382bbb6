import { describe, expect, it } from 'vitest';
import { nearest, suggestion } from './nearest.ts';

const fields = ['vendorId', 'productId', 'product', 'functions', 'maxSpeed'];

describe('the nearest name', () => {
  it.each([
    ['functons', 'functions'],
    ['fucntions', 'functions'],
    ['vendorid', 'vendorId'],
    ['Product', 'product'],
    ['prodct', 'product'],
    ['maxSpeeed', 'maxSpeed'],
  ])('to %s is %s', (typed, meant) => {
    expect(nearest(typed, fields)).toBe(meant);
  });

  it.each(['power', 'x', ''])('to %j is none of them', (typed) => {
    expect(nearest(typed, fields)).toBeUndefined();
  });

  it('ends a sentence', () => {
    expect(`no "mok"${suggestion('mok', ['mock', 'linux'])}`).toBe('no "mok"; did you mean "mock"?');
    expect(`no "qemu"${suggestion('qemu', ['mock', 'linux'])}`).toBe('no "qemu".');
  });
});
