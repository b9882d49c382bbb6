import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compileAddonTests } from './addon-tests.ts';
import { command } from './command.ts';
import { bundleGuestPrograms } from './guest-bundle.ts';
import type { Architecture } from './machine/machine.ts';

const sources = join(import.meta.dirname, '../guest');
/** A part of the addon alone, with its test: `uninterrupted` in a guest. */
const ADDON_PROGRAM = 'src/uninterrupted.test.c';

const COMPILERS: Readonly<Record<Architecture, string>> = {
  x64: 'cc',
  arm64: 'aarch64-linux-gnu-gcc',
  arm: 'arm-linux-gnueabihf-gcc',
};

/**
 * Builds what the guest needs of this repository and the compiler of TypeScript does not make: every C program of
 * `guest/` and the addon's, as `out/ARCHITECTURE/NAME`, the native addon with its tests, and the programs of `src/guest` in
 * few files.
 */
export async function buildGuestPrograms(repository: string, architecture: Architecture): Promise<void> {
  const directory = join(import.meta.dirname, '../out', architecture);
  await mkdir(directory, { recursive: true });
  const addon = join(repository, 'packages/linux-native');
  const native = readdirSync(join(addon, 'native')).map((name) => join(addon, 'native', name));
  const build = async (program: string, source: string, included: readonly string[]): Promise<void> => {
    if (!isOlder(program, [source, ...included])) return;
    await command(COMPILERS[architecture], ['-O2', '-Wall', '-Wextra', '-pthread', '-o', program, source]);
  };
  for (const file of readdirSync(sources).filter((name) => name.endsWith('.c')))
    await build(join(directory, file.slice(0, -2)), join(sources, file), []);
  await build(join(directory, 'uninterrupted'), join(addon, ADDON_PROGRAM), native);
  if (isOlder(join(addon, `prebuilds/linux-${architecture}/addon.node`), native)) {
    await command(process.execPath, [
      join(addon, 'build.mjs'),
      ...(architecture === process.arch ? [] : [architecture]),
    ]);
  }
  await compileAddonTests(repository);
  await bundleGuestPrograms(repository);
}

function isOlder(product: string, of: readonly string[]): boolean {
  return !existsSync(product) || of.some((source) => statSync(source).mtimeMs > statSync(product).mtimeMs);
}
