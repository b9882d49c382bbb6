import { isInputError } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import { parseGadget } from './parse-gadget.ts';

const file = 'broken.yaml';

/** The text of the error, one line for each problem. */
function complaint(text: string): string[] {
  try {
    parseGadget(text, { file });
  } catch (error) {
    if (isInputError(error)) return error.message.split('\n');
    throw error;
  }
  return [];
}

const streamer = `# yaml-language-server: $schema=../gadget.schema.json
vendorId: 0x1d6b
productId: 0x0104
product: Sample streamer
functions:
  stream:
    class: 0xff
    endpoints:
      samples: { type: bulk, direction: in }
      commands: { type: bulk, direction: out }
environments:
  ci: { backend: mock }
`;

const plain = {
  vendorId: 0x1d6b,
  productId: 0x0104,
  product: 'Sample streamer',
  functions: {
    stream: {
      class: 0xff,
      endpoints: { samples: { type: 'bulk', direction: 'in' }, commands: { type: 'bulk', direction: 'out' } },
    },
  },
  environments: { ci: { backend: 'mock' } },
};

describe('a gadget file', () => {
  it('is YAML', () => {
    expect(parseGadget(streamer, { file })).toEqual(plain);
  });

  it('is JSON', () => {
    expect(parseGadget(JSON.stringify({ $schema: './gadget.schema.json', ...plain }), { file })).toMatchObject(plain);
  });

  it('may use anchors', () => {
    const text = `
vendorId: 1
productId: 2
functions:
  left: &side { endpoints: { samples: { type: bulk, direction: in } } }
  right: *side
`;
    const { functions } = parseGadget(text, { file });
    expect(functions['right']).toEqual(functions['left']);
  });

  it('may name functions as it likes', () => {
    const text = 'vendorId: 1\nproductId: 2\nfunctions: { toString: {}, constructor: {} }';
    expect(Object.keys(parseGadget(text, { file }).functions)).toEqual(['toString', 'constructor']);
  });
});

describe('the fields', () => {
  it('are those of TypeScript, whatever the gadget', () => {
    fc.assert(
      fc.property(arbitraryGadget(), (gadget) => {
        expect(parseGadget(stringify(gadget), { file })).toEqual(gadget);
        expect(parseGadget(JSON.stringify(gadget, null, 2), { file })).toEqual(gadget);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a wrong field', () => {
  it('is shown with file, line and column, what was found and what is allowed', () => {
    const text = `
vendorId: 0x1d6b
productId: 0x0104
functions:
  stream:
    endpoints:
      samples:
        type: isochronous
        direction: in
        packetSize: 2048
`;
    expect(complaint(text)).toEqual([
      'broken.yaml:10:21  endpoint "samples" is isochronous with 2048 bytes; at high speed the limit is 1024 (USB 2.0, 5.6.3).',
    ]);
  });

  it('carries its place and path for programs', () => {
    const text = 'vendorId: 1\nproductId: 2\nfunctions: { f: { class: 300 } }\n';
    expect(() => parseGadget(text, { file })).toThrow(
      expect.objectContaining({ location: { file, line: 3, column: 26 }, field: 'functions.f.class' }),
    );
  });

  it.each([
    ['a value', 'vendorId: 1\nproductId: two\nfunctions: { f: {} }', '2:12  productId is "two"; allowed'],
    [
      'a name',
      'vendorId: 1\nproductId: 2\nprodukt: X\nfunctions: { f: {} }',
      '3:1  produkt is not a field of a gadget. Did',
    ],
    [
      'in a list',
      'vendorId: 1\nproductId: 2\nfunctions: { f: {} }\nconfigurations:\n  c:\n    functions:\n      - f\n      - g',
      '8:9  configuration "c" has',
    ],
    [
      'behind an alias',
      'vendorId: 1\nproductId: 2\nfunctions:\n  f: &f { class: x }\n  g: *f',
      '4:18  functions.f.class',
    ],
    [
      'a missing one',
      'vendorId: 1\nproductId: 2\nfunctions:\n  f:\n    endpoints:\n      e: { type: bulk }',
      '6:10  functions.f.endpoints.e.direction is missing',
    ],
    ['an empty one', 'vendorId: 1\nproductId: 2\nfunctions:\n  f:\n', '4:5  functions.f is empty'],
    [
      'of JSON',
      '{\n  "vendorId": 1,\n  "productId": 70000,\n  "functions": { "f": {} }\n}',
      '3:16  productId is 70000',
    ],
  ])('is found: %s', (_, text, start) => {
    expect(complaint(text)[0]).toContain(`broken.yaml:${start}`);
  });

  it('does not hide the others: all are listed, in the order of the text', () => {
    const text = 'vendorId: x\nproduct: 7\nfunctions: { f: { clas: 1 } }\n';
    expect(complaint(text).map((line) => line.split('  ')[0])).toEqual([
      'broken.yaml:1:1',
      'broken.yaml:1:11',
      'broken.yaml:2:10',
      'broken.yaml:3:19',
    ]);
  });
});

describe('text that is no gadget', () => {
  it('speaks of JSON in a file of JSON', () => {
    expect(() => parseGadget('{ "vendorId": 1,', { file: 'a.json' })).toThrow('a.json:1:17  not valid JSON: ');
  });

  it.each([
    ['', '1:1  the file holds no gadget'],
    ['# only a comment\n', '1:1  the file holds no gadget'],
    ['just words', '1:1  the file holds no gadget'],
    ['- a\n- list\n', '1:1  The gadget is a list; allowed is an object with the fields of a gadget.'],
    ['vendorId: 1\nvendorId: 2\n', '2:1  this field stands here a second time; each field is given once.'],
    ['vendorId: [1\nproductId: 2', 'not valid YAML: '],
    ['vendorId: 1\n\tproductId: 2', '2:1  not valid YAML: '],
    ['a: 1\n---\nb: 2\n', '2:1  a second document starts here; a gadget file holds one.'],
    ['? [a, b]\n: 1\n', '1:3  names of fields are text.'],
    ['functions: *nowhere', '1:12  there is no anchor "&nowhere" before this alias.'],
    ['vendorId: !!int8 3', '1:11  not valid YAML: Unresolved tag: tag:yaml.org,2002:int8.'],
    ['['.repeat(5000), 'not valid YAML: '],
  ])('%j', (text, message) => {
    expect(complaint(text)[0]).toContain(message);
  });

  it('says so once for each place', () => {
    const places = complaint('a: [\n'.repeat(50)).map((line) => line.split('  ')[0]);
    expect(new Set(places).size).toBe(places.length);
  });

  it.each([
    [
      'vendorId: 1\nproduct: a\0b\n',
      '2:11  the file has the control character U+0000 here; a gadget file is text, YAML or JSON.',
    ],
    ['\x7fELF\x02', '1:5  the file has the control character U+0002 here; a gadget file is text, YAML or JSON.'],
    [
      new TextDecoder().decode(Uint8Array.of(0xff, 0xd8)),
      '1:1  the file is not valid UTF-8 here; a gadget file is text, YAML or JSON.',
    ],
  ])('is told apart from a file that is no text: %j', (text, message) => {
    expect(complaint(text)).toEqual([`broken.yaml:${message}`]);
  });

  it('is complained about in some ten lines, however long it is', () => {
    const lines = complaint('a: b: c\n'.repeat(1000));
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toMatch(/^broken\.yaml:\d+:\d+ {2}and \d+ more from here on\.$/);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
  });

  it('has a limit for aliases, each of which the parser walks through the document for', () => {
    const aliased = (count: number): string => `a: &x 1\nb:\n${'- *x\n'.repeat(count)}`;
    expect(complaint(aliased(99))[0]).toMatch(/^broken\.yaml:1:1 {2}vendorId is missing/);
    expect(complaint(aliased(100_000))).toEqual([
      'broken.yaml:102:3  this is alias 100 of the file; allowed are 99. Write the fields out instead.',
    ]);
  });

  it('is read in a time that grows as the file does', () => {
    const fields = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1\n`);
    const lines = complaint(`${fields.join('')}k7: 1\n`);
    expect(lines).toEqual(['broken.yaml:10001:1  this field stands here a second time; each field is given once.']);
    const unknown = complaint(fields.join(''));
    expect(unknown).toHaveLength(21);
    expect(unknown.at(-1)).toBe('and 9983 more; mend these first.');
  });

  it('cannot grow out of hand', () => {
    const lines = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b]',
      'd: [*c,*c,*c]',
    ];
    expect(complaint(lines.join('\n'))[0]).toContain('1:1  the file cannot be read as YAML: Excessive alias count');
  });

  it('is never more than an InputError, with a place in the file on every line', () => {
    const bits = fc.constantFrom(
      'vendorId',
      'functions',
      'f',
      ': ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      '- ',
      '1',
      '"',
      '&a ',
      '*a',
      '#',
      '!!x ',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(bits, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const line of complaint(text)) {
          const [, row = '', column = ''] = /^broken\.yaml:(\d+):(\d+) {2}./.exec(line) ?? [];
          expect(Number(row)).toBeLessThanOrEqual(text.split(/\r?\n|\r/).length);
          expect(Number(column)).toBeGreaterThan(0);
        }
      }),
    );
  });
});
