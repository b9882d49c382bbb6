import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Lists the modules that a folder imports from elsewhere in the package. */
function importsOf(folder: string): readonly string[] {
  const directory = new URL(`${folder}/`, import.meta.url);
  return readdirSync(directory)
    .filter((name) => !name.endsWith('.test.ts'))
    .flatMap((name) => [...readFileSync(new URL(name, directory), 'utf8').matchAll(/from '(\.\.\/[^']+)'/g)])
    .map(([, path]) => path!);
}

it.each(['hardware', 'driver'])('%s knows nothing of the package but the registers', (folder) => {
  const imports = importsOf(folder);
  expect(imports.length).toBeGreaterThan(10);
  expect(imports.filter((path) => !path.startsWith('../registers/'))).toEqual([]);
});
