import { readFileSync } from 'node:fs';
import { REQUIREMENTS } from '@gadgetloom/conformance';
import { describe, expect, it } from 'vitest';
import { breakSource } from './break-source.ts';
import { DEFECTS } from './catalogue.ts';
import type { Defect } from './defect.ts';
import { formatTable, judge } from './verdict.ts';

const defect: Defect = {
  ...{ id: 'no-limit', sentence: 'There is no limit.', contradicts: 'mm.c, mmap', foundBy: 'limit' },
  ...{ file: 'limit.ts', find: 'size > LIMIT', replace: 'size > $&' },
};

describe('a defect', () => {
  it('replaces one place of its file, as it is written', () => {
    expect(breakSource('if (size > LIMIT) throw', defect)).toBe('if (size > $&) throw');
  });

  it.each([
    ['0 times', 'if (size >= LIMIT) throw'],
    ['2 times', 'size > LIMIT || size > LIMIT'],
  ])('whose place is there %s is refused', (times, source) => {
    expect(() => breakSource(source, defect)).toThrow(
      `Defect "no-limit": limit.ts has ${times}, and should have once:`,
    );
  });

  it('is found when its requirement does not hold', () => {
    expect(judge(defect, [{ requirement: 'limit', difference: '-EINVAL +0' }])).toEqual({
      ...{ defect, failed: ['limit'], fault: undefined },
    });
  });

  it.each([
    ['nothing does not hold', [], 'Not found by limit.'],
    ['another one does not', [{ requirement: 'map', difference: '' }], 'Not found by limit, but by map.'],
    [
      'it cannot even run',
      [{ requirement: 'limit', difference: 'ReferenceError: limit is not defined' }],
      'The replacement is not a program: ReferenceError: limit is not defined',
    ],
  ])('is not when %s', (_, failures, fault) => {
    expect(judge(defect, failures).fault).toBe(fault);
  });

  it('is a row of the table', () => {
    const rows = formatTable([
      { defect, fault: undefined },
      { defect, fault: 'Not found by limit.' },
    ]).split('\n');
    expect(rows.slice(2)).toEqual([
      '| There is no limit. | mm.c, mmap | `limit` |',
      '| There is no limit. | mm.c, mmap | **not found** |',
    ]);
  });
});

describe('the catalogue', () => {
  it('has enough defects, each once, and each with a requirement that exists', () => {
    const requirements = new Set(REQUIREMENTS.flatMap((group) => group.requirements.map(({ id }) => id)));
    expect(DEFECTS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(DEFECTS.map(({ id }) => id)).size).toBe(DEFECTS.length);
    for (const { foundBy } of DEFECTS) expect(requirements).toContain(foundBy);
  });

  it('is the table of the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(formatTable(DEFECTS.map((each) => ({ defect: each, fault: undefined }))));
    expect(readme).toContain(`${DEFECTS.length} defects`);
  });

  it('is counted in the README of the suite', () => {
    const readme = readFileSync(new URL('../../../packages/conformance/README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`of ${DEFECTS.length} defects put into it`);
  });
});
