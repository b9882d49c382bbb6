import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';

describe('folding', () => {
  it('breaks between words, and hangs what follows', () => {
    expect(fold('linux  not usable  no controller in /sys/class/udc', 30, 7)).toBe(
      'linux  not usable  no\n       controller in\n       /sys/class/udc',
    );
  });

  it('keeps what fits, spaces and all', () => {
    expect(fold('  IN   samples   64 KiB', 23)).toBe('  IN   samples   64 KiB');
    expect(fold('', 10)).toBe('');
  });

  it('leaves a word whole that is longer than a line', () => {
    expect(fold('sent 0123456789 back', 8)).toBe('sent\n0123456789\nback');
  });

  it('treats each line by itself, and hangs from where it begins', () => {
    expect(fold('one two\n  three four', 9, 1)).toBe('one two\n  three\n   four');
  });

  it('counts characters', () => {
    expect(fold('\u{1f600}\u{1f600}\u{1f600} \u{1f600}', 5)).toBe('\u{1f600}\u{1f600}\u{1f600} \u{1f600}');
  });

  it('changes nothing without a terminal, and gives a narrow one half of itself', () => {
    expect(fold('a very long line', undefined, 4)).toBe('a very long line');
    expect(fold('a b c d e f', 6, 40)).toBe('a b c\n   d e\n   f');
  });
});
