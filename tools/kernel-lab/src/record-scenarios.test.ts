import { expect, it } from 'vitest';
import { differences, recordingOf } from './record-scenarios.ts';

const printed = [
  'scenario one',
  '  bind => 0',
  '',
  'ok one',
  'scenario two',
  '  unbind => 0',
  '',
  'ok two',
  '2 passed, 0 guarded, 0 failed',
];

it('makes a file of what a guest prints, without its report', () => {
  const text = recordingOf(printed);
  expect(text).toMatch(/^# Asked of a real kernel/);
  expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    ...['', 'scenario one', '  bind => 0', '', 'scenario two', '  unbind => 0', ''],
  ]);
});

it('tells which lines differ from what is recorded', () => {
  const text = recordingOf(printed);
  expect(differences(text, text)).toEqual([]);
  expect(differences('a\nb\n', 'a\nc\n')).toEqual(['  line 2', '-b', '+c']);
  expect(differences('a', 'a\nb')).toEqual(['  line 2', '-', '+b']);
});
