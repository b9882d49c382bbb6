import { describe, expect, it } from 'vitest';
import { workFolder } from '../test/work-folder.ts';
import { loadPlugins } from './plugin-modules.ts';

const PLUGIN = "{ name: 'acme', provides: [], probe: () => ({ ok: true }), register() {} }";

const load = (source: string, name = './acme.mjs') => {
  const path = workFolder({ 'acme.mjs': source });
  return loadPlugins([name], path('.'));
};

describe('the plugin of a module', () => {
  it.each([
    ['its default export', `export default ${PLUGIN};`, './acme.mjs'],
    ['what that makes', `export default () => (${PLUGIN});`, './acme.mjs'],
    [
      'what its only function makes',
      `export class Acme {}; export const acme = async () => (${PLUGIN});`,
      './acme.mjs',
    ],
    ['the export that is named', `export const other = 1; export const acme = ${PLUGIN};`, './acme.mjs#acme'],
  ])('is %s', async (_, source, name) => {
    expect((await load(source, name)).map((plugin) => plugin.name)).toEqual(['acme']);
  });

  it('is found in the packages of the folder', async () => {
    const path = workFolder({
      'node_modules/@acme/usb/package.json': '{ "exports": "./usb.mjs" }',
      'node_modules/@acme/usb/usb.mjs': `export const acme = ${PLUGIN};`,
    });
    expect(await loadPlugins(['@acme/usb'], path('.'))).toHaveLength(1);
  });

  it.each([
    ['a path looks like a package', 'dist/acme.mjs', 'The path of a file begins with "./".'],
    ['there is no module', './other.mjs', /^"\.\/other\.mjs" cannot be loaded: Cannot find module '\.\/other\.mjs'\.$/],
    [
      'there are several',
      './acme.mjs',
      'Say which export of "./acme.mjs" is the plugin, as in "./acme.mjs#acme"; it exports',
    ],
    ['there is no export', './acme.mjs#third', '"./acme.mjs" has no export "third"; it exports one, two, zero.'],
    ['it is something else', './acme.mjs#zero', 'The export "zero" of "./acme.mjs" is no plugin'],
    ['it cannot be made', './acme.mjs#two', '"./acme.mjs#two" does not make a plugin without arguments: no speed'],
  ])('is asked for when %s', async (_, name, message) => {
    const source = `export const zero = 0; export const one = ${PLUGIN};
      export const two = () => { throw new TypeError('no speed'); };`;
    await expect(load(source, name)).rejects.toThrow(message);
  });
});
