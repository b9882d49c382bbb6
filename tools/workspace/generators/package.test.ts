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
    generatePackage(treeOf(root), { name: 'backend-acme', description: 'The UDC of Acme.' });
    const complaints: string[] = [];
    check(root, (line) => complaints.push(line));
    expect(complaints).toEqual([]);
    expect(readFileSync(join(root, 'packages/backend-acme/README.md'), 'utf8')).toContain('The UDC of Acme.');
    expect(readFileSync(join(root, 'packages/backend-acme/src/index.ts'), 'utf8')).toBe(
      "export { backendAcme } from './backend-acme.ts';\n",
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
