import { describe, expect, it } from 'vitest';
import { packageOf, parseSource } from './source-file.mjs';

describe('the imports of a source', () => {
  it.each([
    ["import x from 'a';", 'a', false],
    ["import 'a';", 'a', false],
    ["export * from 'a';", 'a', false],
    ["import { type X } from 'a';", 'a', false],
    ["import type { X } from 'a';", 'a', true],
    ["export type { X } from 'a';", 'a', true],
    ["let x: import('a').X;", 'a', true],
  ])('%s', (text, specifier, typeOnly) => {
    expect(parseSource('packages/x/src/x.ts', `\n${text}`).imports).toEqual([{ specifier, typeOnly, line: 2 }]);
  });

  it('tell which module is loaded when the program runs', () => {
    expect(parseSource('x.ts', "const x = await import('a');").imports).toEqual([
      { specifier: 'a', typeOnly: false, dynamic: true, line: 1 },
    ]);
  });

  it('are not what merely looks like one', () => {
    expect(parseSource('x.ts', "// import 'a';\nconst text = \"import 'b'\";\nexport { text };\n").imports).toEqual([]);
  });
});

it.each([
  ['packages/x/src/x.ts', true],
  ['packages/x/src/deep/x.ts', true],
  ['packages/x/src/x.test.ts', false],
  ['packages/x/vitest.config.ts', false],
  ['packages/x/test/kit.ts', false],
])('%s is shipped: %s', (file, shipped) => {
  expect(parseSource(file, '').shipped).toBe(shipped);
});

it.each([
  ['rxjs', 'rxjs', '.'],
  ['rxjs/operators', 'rxjs', './operators'],
  ['@gadgetloom/udc', '@gadgetloom/udc', '.'],
  ['@gadgetloom/udc/model/x', '@gadgetloom/udc', './model/x'],
])('%s is of package %s', (specifier, name, subpath) => {
  expect(packageOf(specifier)).toEqual({ name, subpath });
});

it.each(['./x.ts', '../x.ts', '/x.ts'])('%s is of no package', (specifier) => {
  expect(packageOf(specifier)).toBeUndefined();
});
