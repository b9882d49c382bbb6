import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Clock } from './clock.ts';
import { CLOCK } from './plugin.ts';
import { type Token, token, tokenName } from './token.ts';

describe('a token', () => {
  it('is the same for the same name, so that two copies of a package agree', () => {
    expect(token('@acme/radio:Antenna')).toBe(token('@acme/radio:Antenna'));
    expect(token('@acme/radio:Antenna')).not.toBe(token('@acme/radio:Tuner'));
  });

  it('shows readers the part of its name that matters', () => {
    expect(tokenName(token('@acme/radio:Antenna'))).toBe('Antenna');
    expect(tokenName(token('Antenna'))).toBe('Antenna');
    expect(tokenName(Symbol() as Token<unknown>)).toBe('unnamed');
  });

  it('knows the type of what it names', () => {
    expectTypeOf(CLOCK).toEqualTypeOf<Token<Clock>>();
    expectTypeOf<Token<string>>().not.toExtend<Token<number>>();
    expectTypeOf<Token<string>>().toExtend<Token<unknown>>();
  });
});
