import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ADDON_TESTS, compileAddonTests } from './addon-tests.ts';

it('compiles the tests of the addon for machines without vitest, when they changed', { timeout: 60_000 }, async () => {
  const repository = mkdtempSync(join(tmpdir(), 'gadgetloom-addon-tests-'));
  onTestFinished(() => rmSync(repository, { recursive: true }));
  const file = join(repository, ADDON_TESTS);
  const source = join(repository, 'packages/linux-native/src/addon.test.ts');
  mkdirSync(join(source, '..'), { recursive: true });
  writeFileSync(
    source,
    [
      "import { closeSync } from 'node:fs';",
      "import { it } from 'vitest';",
      "import { loadAddon } from './index.ts';",
      "it('closes', (): void => closeSync(loadAddon().dup(0) as number));",
    ].join('\n'),
  );

  await compileAddonTests(repository);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toEqual([
    "import { closeSync } from 'node:fs';",
    "import { it } from '../../../tools/kernel-lab/out/guest/small-vitest.js';",
    "import { loadAddon } from '../dist/index.js';",
    "it('closes', () => closeSync(loadAddon().dup(0)));",
  ]);

  const { ino, mtimeMs } = statSync(file);
  await compileAddonTests(repository);
  expect(statSync(file)).toMatchObject({ ino, mtimeMs });
});
