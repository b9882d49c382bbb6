import { describe, expect, it } from 'vitest';
import { LANGUAGE_TAGS, languageId, languageTag } from './language.ts';

describe('languages', () => {
  it('have ids', () => {
    expect(languageId('en-US')).toBe(0x0409);
    expect(languageId('de-AT')).toBe(0x0c07);
  });

  it('can be given as ids, if the kernel takes them', () => {
    expect(languageId('0x0409')).toBe(0x0409);
    expect(languageId('0x0009'), 'no region').toBeUndefined();
    expect(languageId('0x0400'), 'no language').toBeUndefined();
    expect(languageId('1033')).toBeUndefined();
    expect(languageId('constructor')).toBeUndefined();
  });

  it('are each found again by their id', () => {
    for (const tag of LANGUAGE_TAGS) {
      const id = languageId(tag)!;
      expect(languageId(`0x${id.toString(16)}`), tag).toBe(id);
      expect(languageTag(id)).toBe(tag);
    }
    expect(languageTag(0x0436)).toBe('0x0436');
  });
});
