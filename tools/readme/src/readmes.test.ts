import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { format } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { examplesOf } from './example.ts';
import { typeErrors } from './type-check.ts';

const root = join(import.meta.dirname, '../../..');
const out = join(import.meta.dirname, '../out/examples');

const folders = [root, ...['packages', 'apps'].flatMap((parent) => children(join(root, parent)))];

function children(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
/** The README of a package, and its pages in docs/. */
function pagesOf(folder: string): string[] {
  const docs = join(folder, 'docs');
  const pages = existsSync(docs) ? children(docs).filter((page) => page.endsWith('.md')) : [];
  return [join(folder, 'README.md'), ...pages].filter((page) => existsSync(page));
}

const examples = folders.flatMap((folder) =>
  pagesOf(folder).flatMap((page) =>
    examplesOf(readFileSync(page, 'utf8')).map((example) => {
      const name = folder === root ? 'root' : `${basename(folder)}-${basename(page, '.md')}`;
      const file = join(out, `${name}-line-${example.line}.ts`);
      writeFileSync(file, example.code);
      return { ...example, file, title: `${relative(root, page)}:${example.line}` };
    }),
  ),
);
const errors = typeErrors(
  examples.map(({ file }) => file),
  join(root, 'tsconfig.base.json'),
);

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(examples)('$title', ({ file, prints }) => {
  it('type-checks as strictly as we do', () => {
    expect(errors.get(file) ?? []).toEqual([]);
  });

  it('runs and prints what its comments say', async () => {
    let printed = '';
    vi.spyOn(console, 'log').mockImplementation((...values) => {
      printed += `${format(...values)}\n`;
    });
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += text;
      return true;
    });
    await import(file);
    expect(prints, 'an example shows something: console.log(value); // => text').not.toEqual([]);
    expect(printed.trimEnd().split('\n')).toEqual(prints);
  });
});
