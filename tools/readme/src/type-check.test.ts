import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { typeErrors } from './type-check.ts';

const out = join(import.meta.dirname, '../out');
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(out, 'type-check-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('finds what is wrong with an example, against the sources of the packages', () => {
  const right = join(folder, 'right.ts');
  const wrong = join(folder, 'wrong.ts');
  writeFileSync(right, "import { SECOND } from '@gadgetloom/core';\nexport const two: number = 2 * SECOND;\n");
  writeFileSync(wrong, "import { SECOND } from '@gadgetloom/core';\nexport const two: string = SECOND;\n");
  const errors = typeErrors([right, wrong], join(import.meta.dirname, '../../../tsconfig.base.json'));
  expect(errors.has(right)).toBe(false);
  expect(errors.get(wrong)).toEqual(["line 2: Type 'number' is not assignable to type 'string'."]);
});
