import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadedWith } from '../test/module-graph.ts';

// Loading a module takes a millisecond of processor time, and every command waits for it.

it('loads nothing but commander for --version and --help', async () => {
  const { files, packages } = await loadedWith('main.ts');
  expect(packages).toEqual(['commander', 'gadgetloom']);
  expect(files.length).toBeLessThan(30);
});

it('loads the backends alone to list them, without what composes gadgets and streams', async () => {
  const { files, packages } = await loadedWith('commands/backends/backends.ts');
  expect(files.filter((file) => file.includes('/node_modules/'))).toEqual([]);
  for (const heavy of ['streams', 'conformance']) expect(packages).not.toContain(heavy);
  // Some seventy of them are the functions of the simulated kernel, which every board has.
  expect(files.length).toBeLessThan(460);
  expect(files.filter((file) => file.includes('/packages/gadget/')).length).toBeLessThan(5);
});

it('has one light register.ts for every command', () => {
  const commands = readdirSync(join(import.meta.dirname, 'commands'), { withFileTypes: true });
  const folders = commands.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const name of folders)
    expect(readdirSync(join(import.meta.dirname, 'commands', name))).toEqual(
      expect.arrayContaining(['register.ts', `${name}.ts`]),
    );
});
