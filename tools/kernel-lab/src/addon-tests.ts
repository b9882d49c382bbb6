import { statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the addon's tests are, compiled, inside the repository. */
export const ADDON_TESTS = 'packages/linux-native/out/addon.test.js';

/** What the tests import, and where a guest has it: beside {@link ADDON_TESTS}. */
const MODULES: Readonly<Record<string, string>> = {
  vitest: '../../../tools/kernel-lab/out/guest/small-vitest.js',
  './index.ts': '../dist/index.js',
};

/** Compiles the addon's tests for machines without vitest, unless that is done. */
export async function compileAddonTests(repository: string): Promise<void> {
  const source = join(repository, 'packages/linux-native/src/addon.test.ts');
  const file = join(repository, ADDON_TESTS);
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if ([source, import.meta.filename].every((of) => statSync(of).mtimeMs <= made)) return;
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const code = outputText.replace(/from '([^']+)'/g, (all, name: string) =>
    MODULES[name] === undefined ? all : `from '${MODULES[name]}'`,
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
}
