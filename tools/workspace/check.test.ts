import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeTree } from './checks/sample-tree.ts';

const check = (root: string) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'check.mjs'), root], { encoding: 'utf8' });

it('says that all rules hold', () => {
  const { status, stdout } = check(writeTree());
  expect(stdout).toBe('16 rules hold, 0 do not\n');
  expect(status).toBe(0);
});

it('prints place and rule of what is wrong, and fails', () => {
  const { status, stdout } = check(writeTree({ 'packages/core/src/misc.ts': "import 'rxjs';\n" }));
  expect(stdout.split('\n')).toEqual([
    'packages/core/src/misc.ts:1  dependencies  rxjs is not among the dependencies of packages/core/package.json.',
    'packages/core/src/misc.ts:1  file-name  "misc" does not say what this is about; name the subject.',
    '14 rules hold, 2 do not',
    '',
  ]);
  expect(status).toBe(1);
});
