import { describe, expect, it } from 'vitest';
import { violations } from './sample-tree.ts';

describe('documentation', () => {
  const core = (index: string, clock: string) => ({
    'packages/core/src/index.ts': `${index}\n`,
    'packages/core/src/clock.ts': `${clock}\n`,
  });

  it.each([
    ['a constant', "export { clock } from './clock.ts';", 'export const clock = 1;', 1, 'clock'],
    ['a type', "export type { Clock } from './clock.ts';", 'export type Clock = 1;', 1, 'Clock'],
    ['another name', "export { a as clock } from './clock.ts';", 'export function a() {}', 1, 'a'],
    ['everything in a file', "export * from './clock.ts';", '/** A. */\nexport class A {}\nexport class B {}', 3, 'B'],
    ['a method', "export * from './clock.ts';", '/** A. */\nexport interface A {\n  go(): void;\n}', 3, 'A.go'],
    ['a comment about the file', "export * from './clock.ts';", '/** A file. */\n\nexport class A {}', 3, 'A'],
  ])('misses that of %s', (_, index, clock, line, name) => {
    expect(violations('documentation', core(index, clock))).toEqual([
      `packages/core/src/clock.ts:${line} ${name} is public and has no doc comment.`,
    ]);
  });

  it('wants one for overloads, and for a type and its values', () => {
    const clock = ['/** A. */', 'export function a(): void;', 'export function a() {}', '/** B. */'];
    const type = ['export const B = 1;', 'export type B = typeof B;'];
    expect(violations('documentation', core("export * from './clock.ts';", [...clock, ...type].join('\n')))).toEqual(
      [],
    );
  });

  it('does not mind what is not exported', () => {
    expect(
      violations(
        'documentation',
        core("export { a } from './clock.ts';", '/** A. */\nexport const a = 1;\nexport const b = 2;'),
      ),
    ).toEqual([]);
  });
});
