import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../check.mjs';
import { writeTree } from '../checks/sample-tree.ts';
import generatePackage, { type Tree } from './package.mjs';

const treeOf = (root: string): Tree => ({
  exists: (path) => existsSync(join(root, path)),
  read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null),
  write: (path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  },
});

describe('a generated package', () => {
  it('follows the rules of the house', () => {
    const root = writeTree();
    generatePackage(treeOf(root), { name: 'function-hid', description: 'Keyboards and mice.' });
    const complaints: string[] = [];
    check(root, (line) => complaints.push(line));
    expect(complaints).toEqual([]);
    expect(readFileSync(join(root, 'packages/function-hid/README.md'), 'utf8')).toContain('Keyboards and mice.');
    expect(readFileSync(join(root, 'packages/function-hid/src/index.ts'), 'utf8')).toBe(
      "export { functionHid } from './function-hid.ts';\n",
    );
  });

  it('needs a place in the house', () => {
    const tree = treeOf(writeTree());
    expect(() => generatePackage(tree, { name: 'attic' })).toThrow('"attic" has no place in the house. Its layers are');
  });

  it('does not overwrite another', () => {
    const tree = treeOf(writeTree());
    expect(() => generatePackage(tree, { name: 'udc' })).toThrow('There is a package packages/udc already.');
  });
});
