import { describe, expect, it } from 'vitest';
import { gadgetProblems } from './check.ts';

/** What is said about a gadget with these fields. */
function messages(changes: Record<string, unknown>): string[] {
  return gadgetProblems({ vendorId: 1, productId: 2, ...changes }).map(({ message }) => message);
}

const pair = { association: { class: 0xff, description: 'pair' }, interfaces: { a: {}, b: {} } };
const first = { kernel: 'acm' };

describe('an interface association', () => {
  it.each([
    { functions: { pair } },
    { functions: { first, pair } },
    { functions: { pair: { association: {} } } },
    {
      functions: { first, pair },
      configurations: { one: { functions: ['pair', 'first'] }, two: { functions: ['pair'] } },
    },
    { functions: { pair: { ...pair, association: { description: { 'en-US': 'pair', 'de-DE': 'Paar' } } } } },
  ])('is right: %j', (changes) => {
    expect(messages(changes)).toEqual([]);
  });

  it('needs the same place in all configurations', () => {
    const configurations = { one: { functions: ['pair', 'first'] }, two: { functions: ['first', 'pair'] } };
    expect(messages({ functions: { first, pair }, configurations })).toEqual([
      'function "pair" has an association, and its first interface is 0 in configuration "one" and 2 in "two". ' +
        'FunctionFS writes one number into both (f_fs.c). Put "pair" at the same place in both, for example first.',
    ]);
  });

  it('cannot stand behind a function whose interfaces cannot be counted', () => {
    expect(messages({ functions: { first: { kernel: 'mystery' }, pair } })[1]).toBe(
      'function "pair" has an association, and the number of its first interface in configuration "c" is not known, ' +
        'because a function before it has none. Put "pair" first.',
    );
  });

  it('has a class', () => {
    const message = 'the association of function "pair" has the class 0, which is not allowed (USB 3.2, table 9-16).';
    expect(messages({ functions: { pair: { ...pair, association: { class: 0 } } } })).toEqual([message]);
    expect(messages({ functions: { pair: { association: {}, class: 0 } } })).toEqual([message]);
  });

  it('has known fields and languages', () => {
    expect(messages({ functions: { pair: { ...pair, association: { clas: 1 } } } })).toEqual([
      'functions.pair.association.clas is not a field of an association. Did you mean "class"? ' +
        'Fields are class, subclass, protocol, description.',
    ]);
    const description = { 'xx-XX': 'pair' };
    expect(messages({ functions: { pair: { ...pair, association: { description } } } })[0]).toContain(
      'functions.pair.association.description has the language "xx-XX"',
    );
  });
});
