import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './release.ts';
import { shell } from './shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-clone-'));
const made = ['backend-zeta-usb', 'function-zeta'];
const node = (script: string, ...args: string[]) => shell(process.execPath, [join(folder, script), ...args], folder);

/** A copy of this repository with its installed and built files, in which both generators have run. */
beforeAll(async () => {
  const files = (await shell('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], root)).split(
    '\0',
  );
  for (const file of files.filter((file) => file !== '')) cpSync(join(root, file), join(folder, file));
  const scope = join(folder, 'node_modules/@gadgetloom');
  cpSync(join(root, 'node_modules/@gadgetloom'), scope, { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@gadgetloom'))
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  // The generators run from their built package.
  await node('tools/workspace/setup/build.mjs', 'packages/nx', 'packages/conformance', 'packages/backend-mock');
  await node('node_modules/nx/dist/bin/nx.js', 'g', '@gadgetloom/nx:backend', 'zeta-usb');
  await node('node_modules/nx/dist/bin/nx.js', 'g', '@gadgetloom/nx:function', 'zeta');
  for (const short of made) symlinkSync(join('../../packages', short), join(scope, short));
}, 480_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('what is generated in a clone of this repository', { timeout: 480_000 }, () => {
  it('follows the rules of the house', async () => {
    expect(await node('tools/workspace/check.mjs')).toMatch(/^\d+ rules hold, 0 do not\n$/);
  });

  it('is formatted', async () => {
    await node('node_modules/@biomejs/biome/bin/biome', 'check', ...made.map((short) => `packages/${short}`));
  });

  it.each(made)('%s has no type error, and its tests pass', async (short) => {
    await node('node_modules/typescript/bin/tsc', '-b', `packages/${short}`);
    await node('node_modules/vitest/vitest.mjs', 'run', '--testTimeout=60000', '--project', short);
  });

  it('has READMEs whose examples run', async () => {
    await node('node_modules/vitest/vitest.mjs', 'run', '--project', 'readme', '-t', made.join('|'));
  });
});
