import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileStrictly } from './strict-compiler.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-compiler-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Compiles a program, with the declarations of a package that it may import as `@gadgetloom/lib`. */
function compile(name: string, code: string, declarations = 'export {};', forNode = false): string {
  const lib = join(folder, name, 'node_modules/@gadgetloom/lib');
  mkdirSync(lib, { recursive: true });
  writeFileSync(join(lib, 'package.json'), '{ "name": "@gadgetloom/lib", "type": "module", "exports": "./index.js" }');
  writeFileSync(join(lib, 'index.d.ts'), declarations);
  writeFileSync(join(folder, name, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, name, 'main.ts'), code);
  compileStrictly(join(folder, name, 'main.ts'), forNode);
  return join(folder, name, 'main.js');
}

describe('the strict compiler', { timeout: 60_000 }, () => {
  it('compiles beside the source', () => {
    expect(
      existsSync(
        compile('sound', "import { two } from '@gadgetloom/lib';\nconsole.log(two);\n", 'export const two: 2;'),
      ),
    ).toBe(true);
  });

  it('finds what is wrong in a program', () => {
    expect(() => compile('wrong', 'export const list: string[] = [];\nlist[0].length;\n')).toThrow(
      "possibly 'undefined'",
    );
  });

  it('finds what is wrong in the declarations of a package', () => {
    expect(() => compile('broken', "import '@gadgetloom/lib';\n", 'export const two: Missing;')).toThrow(
      "Cannot find name 'Missing'",
    );
  });

  it('knows Node only where it is asked to', () => {
    const code = "import { sep } from 'node:path';\nconsole.log(sep);\n";
    expect(() => compile('browser', code)).toThrow("'node:path'");
    expect(existsSync(compile('node', code, undefined, true))).toBe(true);
  });
});
