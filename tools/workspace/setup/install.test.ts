import { describe, expect, it } from 'vitest';
import { foldersOf, isInstalled } from './install.mjs';

const lock = {
  packages: {
    '': { version: '0.0.0' },
    'packages/core': { version: '0.1.0' },
    'node_modules/@gadgetloom/core': { resolved: 'packages/core', link: true },
    'node_modules/rxjs': { version: '7.8.2', integrity: 'sha512-a' },
    'node_modules/rxjs/node_modules/tslib': { version: '2.8.1', integrity: 'sha512-b' },
    'node_modules/fsevents': { version: '2.3.3', integrity: 'sha512-c', optional: true },
  },
};
const { '': _root, 'node_modules/fsevents': _optional, ...installed } = lock.packages;

describe('what is installed', () => {
  it('fits, without the packages of other machines', () => {
    expect(isInstalled(lock, { packages: installed })).toBe(true);
  });

  it.each([
    ['nothing is', {}],
    ['a package is missing', { ...installed, 'node_modules/rxjs': undefined as never }],
    ['a version is another', { ...installed, 'node_modules/rxjs': { version: '7.8.1', integrity: 'sha512-a' } }],
    ['the contents are others', { ...installed, 'node_modules/rxjs': { version: '7.8.2', integrity: 'sha512-z' } }],
    [
      'a package of the repository is not linked',
      { ...installed, 'node_modules/@gadgetloom/core': { version: '0.1.0' } },
    ],
    ['an optional package is of another version', { ...installed, 'node_modules/fsevents': { version: '2.3.2' } }],
  ])('does not fit where %s', (_, packages) => {
    expect(isInstalled(lock, { packages })).toBe(false);
  });
});

it('counts the packages that every machine installs', () => {
  expect(foldersOf(lock)).toEqual(['node_modules/rxjs', 'node_modules/rxjs/node_modules/tslib']);
});
