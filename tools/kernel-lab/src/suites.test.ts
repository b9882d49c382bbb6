import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNELS } from './machine/open-machine.ts';
import { chooseSuites, deservesMoreTime, shares } from './run-suites.ts';
import { SUITES, type Suite } from './suites.ts';

const suite: Suite = {
  name: 'one',
  description: 'a suite',
  program: 'one',
  arguments: ['--all'],
  kernels: ['uml'],
  controller: 'scatter-gather',
  smoke: true,
  smokeArguments: ['--some'],
  parts: 2,
  timeout: 60,
};
const other: Suite = { ...suite, name: 'other', kernels: ['uml', 'stock'], smoke: false };

describe('the table of suites', () => {
  it('has each name once, and a program for each', () => {
    const names = SUITES.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { program } of SUITES) {
      expect(existsSync(new URL(`guest/programs/${program}.ts`, import.meta.url)), program).toBe(true);
    }
  });

  it('has suites for every kernel, and something to smoke on stock', () => {
    for (const kernel of KERNELS) expect(chooseSuites(SUITES, kernel, {}), kernel).not.toEqual([]);
    expect(chooseSuites(SUITES, 'stock', { smoke: true })).not.toEqual([]);
  });
});

describe('the choice of suites', () => {
  it('is those of the kernel', () => {
    expect(chooseSuites([suite, other], 'uml', {})).toEqual([suite, other]);
    expect(chooseSuites([suite, other], 'stock', {})).toEqual([other]);
    expect(chooseSuites([suite, other], 'uml', { smoke: true })).toEqual([suite]);
    expect(chooseSuites([suite, other], 'uml', { only: ['other'] })).toEqual([other]);
    expect(chooseSuites([suite, other], 'uml', { only: ['other', 'one'] })).toEqual([suite, other]);
  });

  it('says what there is, where it would be none', () => {
    expect(() => chooseSuites([suite, other], 'uml', { only: ['one', 'third'] })).toThrow(
      /no suite "third".*one, other/,
    );
    expect(() => chooseSuites([suite, other], 'stock', { only: ['other', 'one'] })).toThrow(
      /not for stock, but for uml/,
    );
    expect(() => chooseSuites([suite, other], 'stock', { smoke: true })).toThrow(/smoke run on stock/);
  });
});

describe('a suite', () => {
  it('is shared between guests, each told its part', () => {
    expect(shares(suite, false).map((share) => share.arguments)).toEqual([
      ['--all', '--part', '1/2'],
      ['--all', '--part', '2/2'],
    ]);
    expect(shares({ ...suite, parts: 1 }, false)).toEqual([
      { suite: { ...suite, parts: 1 }, title: 'one', arguments: ['--all'] },
    ]);
  });

  it('is one guest in the smoke run, with less to do', () => {
    expect(shares(suite, true).map((share) => share.arguments)).toEqual([['--some']]);
  });
});

describe('a suite that failed', () => {
  const sum = { passed: 1, guarded: 0, failed: 1, troubles: [], complained: false };

  it('gets another chance with the machine to itself', () => {
    expect(deservesMoreTime(sum)).toBe(true);
    expect(deservesMoreTime({ ...sum, failed: 0 })).toBe(false);
  });

  it('gets none if the kernel complained', () => {
    expect(deservesMoreTime({ ...sum, complained: true })).toBe(false);
  });
});
