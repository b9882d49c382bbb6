import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LabError } from './lab-error.ts';
import { pathInGuest } from './path-in-guest.ts';

const repository = join(import.meta.dirname, '../../..');

it('finds files of the repository from its root', () => {
  expect(pathInGuest(repository, import.meta.filename)).toBe('tools/kernel-lab/src/path-in-guest.test.ts');
});

it('says that the guest does not see other files', () => {
  expect(() => pathInGuest(import.meta.dirname, join(repository, 'package.json'))).toThrow(LabError);
  expect(() => pathInGuest(import.meta.dirname, join(repository, 'package.json'))).toThrow(
    'The guest sees nothing but the repository',
  );
});

it('says that a file is not there', () => {
  expect(() => pathInGuest(repository, join(repository, 'no-such-file'))).toThrow('There is no ');
});
