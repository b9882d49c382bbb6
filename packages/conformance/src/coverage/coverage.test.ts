import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../catalogue.ts';
import { coverageList, coverageTable } from './coverage-text.ts';
import { KERNEL_SELF_TESTS } from './kernel-self-tests.ts';
import { countSelfTests } from './self-test.ts';

const repository = new URL('../../../../', import.meta.url);
const ids = new Set(REQUIREMENTS.flatMap(({ requirements }) => requirements).map(({ id }) => id));

describe.each(KERNEL_SELF_TESTS.map((suite) => [suite.name, suite] as const))(
  'the self-tests of %s',
  (_name, suite) => {
    it('are covered by requirements that there are', () => {
      for (const { requirements = [] } of suite.tests) for (const id of requirements) expect(ids).toContain(id);
    });

    it('are covered by tests of the model that there are', () => {
      const tests = suite.tests.filter(({ model }) => model !== undefined);
      if (suite.model === undefined) expect(tests).toEqual([]);
      else {
        const source = readFileSync(new URL(suite.model, repository), 'utf8');
        for (const { name, model } of tests) expect(source).toContain(`'${model === true ? name : model}'`);
      }
    });

    it('say why, where there is no requirement', () => {
      for (const { requirements, reason } of suite.tests) expect(requirements === undefined).toBe(reason !== undefined);
    });

    it('have names of their own', () => {
      expect(new Set(suite.tests.map(({ name }) => name)).size).toBe(suite.tests.length);
    });
  },
);

describe('the coverage of self-tests', () => {
  it('is complete: each requirement that is named after one is listed', () => {
    const listed = new Set(
      KERNEL_SELF_TESTS.flatMap(({ tests }) => tests.flatMap(({ requirements = [] }) => requirements)),
    );
    const named = [...ids].filter((id) => /^(st-|sync-test-|udmabuf-test-|dmabuf-heaps-test-|usbtest-)/.test(id));
    expect(named.filter((id) => !listed.has(id))).toEqual([]);
  });

  it('is counted', () => {
    expect(countSelfTests(KERNEL_SELF_TESTS)).toEqual({ tests: 106, requirements: 69, model: 31, none: 6 });
  });

  it('is printed test by test', () => {
    const lines = coverageList(KERNEL_SELF_TESTS).split('\n');
    expect(lines).toContain('dma_fence (drivers/dma-buf/st-dma-fence.c): 12 of 12');
    expect(lines).toContain('  test_error              st-dma-fence-test-error, test of the model');
    expect(lines).toContain('  test-6  cannot apply: there are no memfds of huge pages');
  });

  it('is in the README', () => {
    expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(
      coverageTable(KERNEL_SELF_TESTS),
    );
  });
});
