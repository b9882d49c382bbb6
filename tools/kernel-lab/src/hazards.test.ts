import { readFileSync } from 'node:fs';
import { HAZARDS } from '@gadgetloom/backend-linux';
import { describe, expect, it } from 'vitest';
import { HAZARD_DEMONSTRATIONS, shows } from './hazards.ts';

const folder = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');
const result = { status: undefined, faults: [], hung: false, duration: 1 };

describe('the demonstrations of hazards', () => {
  it('are one for each guard and each gap, in the order of the document', () => {
    const names = HAZARD_DEMONSTRATIONS.map(({ name }) => name);
    const guarded = HAZARD_DEMONSTRATIONS.filter(({ unguarded }) => !unguarded).map(({ name }) => name);
    expect(guarded.sort()).toEqual(Object.keys(HAZARDS).sort());
    const document = read('packages/backend-linux/docs/kernel-hazards.md');
    expect([...document.matchAll(/^## `([a-z-]+)`/gm)].map(([, name]) => name)).toEqual(names);
    for (const name of names) expect(document).toContain(`npm run lab -- hazard ${name}`);
  });

  it('have a reproducer in C each', () => {
    const program = read('tools/kernel-lab/guest/hazard.c');
    for (const { name } of HAZARD_DEMONSTRATIONS) expect(program).toContain(`{"${name}",`);
  });

  it('succeed if the kernel says what it was seen to say', () => {
    const faults = ['BUG: kernel NULL pointer dereference, address: 00000000000000b0', 'Call Trace:'];
    expect(shows(/NULL pointer/, { ...result, faults })).toBe(true);
    expect(shows(/KASAN/, { ...result, faults })).toBe(false);
  });

  it('succeed if the kernel stops where it was seen to stop', () => {
    expect(shows('hangs', { ...result, hung: true })).toBe(true);
    expect(shows('hangs', { ...result, status: 0 })).toBe(false);
  });
});
