import { describe, expect, it } from 'vitest';
import { isInputError } from './input-error.ts';
import { option, readOptions } from './plugin-options.ts';

const FIELDS = {
  speed: option.oneOf('full', 'high'),
  budget: option.amount('bytes'),
  heap: option.name('the name of a heap'),
  seed: option.wholeNumber,
  timed: option.yesOrNo,
  quirks: option.switches(['slow', 'late']),
  host: option.fields({ speed: option.oneOf('full', 'high'), timed: option.yesOrNo }),
};

describe('options of a plugin', () => {
  it('are given back when they are right', () => {
    const options = {
      speed: 'high',
      budget: 0,
      heap: 'cma',
      seed: -4,
      timed: false,
      quirks: { slow: true },
      host: { speed: 'full' },
    };
    expect(readOptions(options, FIELDS)).toBe(options);
    expect(readOptions({}, FIELDS)).toEqual({});
  });

  it.each<[string, unknown, string]>([
    ['speed', 'low', 'speed is "low"; allowed is "full", "high".'],
    ['budget', -1, 'budget is -1; allowed is a number of bytes, 0 or more.'],
    ['budget', Number.NaN, 'budget is null; allowed is a number of bytes, 0 or more.'],
    ['heap', '', 'heap is ""; allowed is the name of a heap.'],
    ['seed', 0.5, 'seed is 0.5; allowed is a whole number.'],
    ['timed', 'yes', 'timed is "yes"; allowed is true or false.'],
    ['quirks', { slow: 1 }, 'quirks is {"slow":1}; allowed is an object of slow, late, each true or false.'],
    ['quirks', { fast: true }, 'quirks is {"fast":true}; allowed is an object of slow, late, each true or false.'],
    ['quirks', [], 'quirks is []; allowed is an object of slow, late, each true or false.'],
    [
      'host',
      { speed: 'low' },
      'host is {"speed":"low"}; allowed is an object of speed: "full", "high"; timed: true or false.',
    ],
    [
      'host',
      { speeds: 'high' },
      'host is {"speeds":"high"}; allowed is an object of speed: "full", "high"; timed: true or false.',
    ],
    ['host', 'high', 'host is "high"; allowed is an object of speed: "full", "high"; timed: true or false.'],
    ['sped', 'high', 'sped is no option of this backend; it has speed, budget, heap, seed, timed, quirks, host.'],
  ])('are refused when they are wrong: %s %j', (field, value, message) => {
    let caught: unknown;
    try {
      readOptions({ [field]: value }, FIELDS);
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && [caught.field, caught.message]).toEqual([field, message]);
  });
});
