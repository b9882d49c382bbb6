import { describe, expect, it } from 'vitest';
import { violations } from './sample-tree.ts';

const clock = (text: string) => ({ 'packages/core/src/clock.ts': text });

describe('module-state', () => {
  it.each(['let ticks = 0;', 'export let ticks = 0;', 'var ticks = 0;'])('refuses %s', (text) => {
    expect(violations('module-state', clock(`\n${text}\n`))).toEqual([
      'packages/core/src/clock.ts:2 a variable of the module is shared by everything in the process; give it an owner.',
    ]);
  });

  it('has nothing against constants, and variables of a function', () => {
    const text = 'const one = 1;\nfunction two() {\n  let sum = one;\n  sum++;\n  return sum;\n}\nexport { two };\n';
    expect(violations('module-state', clock(text))).toEqual([]);
  });

  it('is for what packages publish', () => {
    const others = { 'packages/core/src/clock.test.ts': 'let a = 0;\n', 'apps/gadgetloom/src/main.ts': 'let b = 0;\n' };
    expect(violations('module-state', others)).toEqual([]);
  });
});

describe('casts', () => {
  it('refuses as unknown as, wherever it stands', () => {
    expect(violations('casts', clock('export const f = (x: string) => [x as unknown as number];\n'))).toEqual([
      'packages/core/src/clock.ts:1 "as unknown as" turns the compiler off.',
    ]);
  });

  it('has nothing against one cast, nor against tests', () => {
    expect(violations('casts', clock('export const f = (x: unknown) => x as number;\n'))).toEqual([]);
    expect(
      violations('casts', { 'packages/core/src/clock.test.ts': 'export const f = 1 as unknown as string;\n' }),
    ).toEqual([]);
  });
});
