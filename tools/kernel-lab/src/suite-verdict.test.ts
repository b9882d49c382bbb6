import { describe, expect, it } from 'vitest';
import type { RunResult } from './machine/machine.ts';
import { judge, total } from './suite-verdict.ts';

const well: RunResult = { status: 0, faults: [], hung: false, duration: 3 };

describe('the verdict on a suite', () => {
  it('is what its last line says', () => {
    expect(judge(['ok one', 'guarded two: why', '1 passed, 1 guarded, 0 failed'], well)).toEqual({
      passed: 1,
      guarded: 1,
      failed: 0,
      troubles: [],
      complained: false,
    });
    expect(judge(['FAILED one: why', '0 passed, 0 guarded, 1 failed'], { ...well, status: 1 })).toMatchObject({
      failed: 1,
      troubles: [],
    });
  });

  it.each<[string, Partial<RunResult>, string[], RegExp]>([
    ['hangs', { status: undefined, hung: true, duration: 60 }, ['ok one'], /hung, and was stopped after 60 s.*ok one/s],
    ['dies', { status: undefined }, ['ok one'], /the guest died after 3 s, without a sum/],
    [
      'ends without a sum',
      { status: 134 },
      ['ok one'],
      /ended with status 134, without a sum; its last lines:\nok one/,
    ],
    ['does not stop', { status: undefined, hung: true }, ['1 passed, 0 guarded, 0 failed'], /hung.*after the sum/],
    ['fails after its sum', { status: 139 }, ['1 passed, 0 guarded, 0 failed'], /status 139, and 0 checks failed/],
    ['checks nothing', {}, ['0 passed, 0 guarded, 0 failed'], /nothing to check/],
    [
      'harms the kernel',
      { faults: ['BUG: KASAN', 'Call Trace:'] },
      ['1 passed, 0 guarded, 0 failed'],
      /BUG: KASAN\nCall/,
    ],
  ])('is a failure if the guest %s', (_, result, printed, reason) => {
    const { failed, troubles } = judge(printed, { ...well, ...result });
    expect(failed).toBe(1);
    expect(troubles).toEqual([expect.stringMatching(reason)]);
  });

  it('counts what went wrong with the guest beside what the suite found', () => {
    const result = { ...well, status: 1, faults: ['WARNING: possible circular locking dependency detected'] };
    expect(judge(['4 passed, 0 guarded, 2 failed'], result)).toMatchObject({ passed: 4, failed: 3 });
  });
});

describe('the sum of suites', () => {
  it('is nothing for none, and otherwise the sum of each count', () => {
    expect(total([])).toEqual({ passed: 0, guarded: 0, failed: 0 });
    expect(
      total([
        { passed: 1, guarded: 2, failed: 0 },
        { passed: 10, guarded: 0, failed: 3 },
      ]),
    ).toEqual({ passed: 11, guarded: 2, failed: 3 });
  });
});
