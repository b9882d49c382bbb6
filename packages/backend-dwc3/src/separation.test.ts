import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDERS = ['face', 'registers', 'hardware', 'driver', 'faults', 'quirks', 'plugin'];

/** Folders of this package that the modules of one import from. */
function importsOf(folder: string): readonly string[] {
  const path = new URL(`./${folder}/`, import.meta.url);
  const files = readdirSync(path).filter((name) => !name.endsWith('.test.ts'));
  const found = files.flatMap((name) =>
    [...readFileSync(new URL(name, path), 'utf8').matchAll(/from '\.\.\/([^/']+)\//g)].map((match) => match[1]!),
  );
  return [...new Set(found)].sort();
}

describe('hardware and driver', () => {
  it('know each other by registers, memory, interrupt and bus only', () => {
    expect(importsOf('hardware')).toEqual(['face', 'quirks', 'registers']);
    expect(importsOf('driver')).toEqual(['face', 'quirks', 'registers']);
    expect(importsOf('registers')).toEqual([]);
    expect(importsOf('face')).toEqual([]);
    expect(importsOf('quirks')).toEqual([]);
  });

  it('meet on the board, and nowhere else', () => {
    const meet = FOLDERS.filter((folder) => ['driver', 'hardware'].every((side) => importsOf(folder).includes(side)));
    expect(meet).toEqual(['plugin']);
  });
});
