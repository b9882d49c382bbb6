import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DmaDirection, DmaPlace } from '../scatter-list.ts';
import { DIRECTION_CODES, WindowTable } from './window-table.ts';

const DIRECTIONS = ['bidirectional', 'to-device', 'from-device'] as const;

interface Mapping {
  readonly start: number;
  readonly length: number;
  readonly offset: number;
  readonly direction: DmaDirection;
  readonly memory: Uint8Array;
}

const add = (table: WindowTable, { start, length, memory, offset, direction }: Mapping): void =>
  table.add(start, start + length, memory, start - offset, direction);

const place = (): DmaPlace => ({ memory: new Uint8Array(0), offset: 0, hint: 0 });

describe('the windows of an address space', () => {
  it('are found as in a list, whatever came and went before', () => {
    const memories = [new Uint8Array(1), new Uint8Array(2)];
    const mapping = fc.record({
      // Pages below and above 32 bits, and some that differ in their high bits only.
      start: fc
        .tuple(fc.constantFrom(0, 2 ** 32, 2 ** 44), fc.nat({ max: 40 }), fc.constantFrom(0, 0, 100))
        .map(([high, page, into]) => high + page * 4096 + into),
      length: fc.constantFrom(1, 300, 4096, 9000),
      offset: fc.constantFrom(0, 4096),
      direction: fc.constantFrom(...DIRECTIONS),
      memory: fc.constantFrom(...memories),
    });
    const step = fc.record({ mapping, removes: fc.nat({ max: 3 }).map((value) => value === 0), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new WindowTable();
        const list: Mapping[] = [];
        const at = place();
        for (const { mapping: one, removes, which } of steps) {
          if (removes && list.length > 0) {
            const [gone] = list.splice(which % list.length, 1) as [Mapping];
            table.remove(table.search(gone.start, gone.start + gone.length, gone.memory, gone.direction));
          } else {
            list.push(one);
            add(table, one);
          }
          for (const { start, length } of [one, list[which % list.length] ?? one]) {
            for (const address of [start - 1, start, start + length - 1, start + length]) {
              for (const refused of [-1, 1, 2]) {
                const fits = list.filter(
                  (it) =>
                    address >= it.start && address < it.start + it.length && DIRECTION_CODES[it.direction] !== refused,
                );
                const found = table.locate(address, refused, at);
                const seen = { rest: found, memory: at.memory, offset: at.offset };
                if (fits.length === 0) expect(found).toBe(0);
                else {
                  const expected = fits.map((it) => ({
                    rest: it.start + it.length - address,
                    memory: it.memory,
                    offset: address - it.start + it.offset,
                  }));
                  expect(expected).toContainEqual(seen);
                }
              }
            }
          }
        }
        expect(table.pages).toBe(
          list.reduce((sum, { start, length }) => {
            return sum + Math.floor((start + length - 1) / 4096) - Math.floor(start / 4096) + 1;
          }, 0),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('are found one after the other by whoever goes through them, without another search', () => {
    const table = new WindowTable();
    const memory = new Uint8Array(4 * 4096);
    const starts = [70, 3, 999, 12].map((page) => page * 4096);
    starts.forEach((start, index) => {
      add(table, { start, length: 4096, memory, offset: index * 4096, direction: 'to-device' });
    });
    const at = place();
    const hints = starts.map((start) => {
      expect(table.locate(start, DIRECTION_CODES['from-device'], at)).toBe(4096);
      return at.hint;
    });
    expect(hints).toEqual([0, 1, 2, 3]);
  });

  it('end with their mapping, also for whoever has just been there', () => {
    const table = new WindowTable();
    const one = { start: 8192, length: 10, memory: new Uint8Array(10), offset: 0, direction: 'bidirectional' } as const;
    add(table, one);
    const at = place();
    expect(table.locate(8193, -1, at)).toBe(9);
    table.remove(table.find(8192));
    expect(table.locate(8193, -1, at)).toBe(0);
    expect(table.find(8192)).toBe(-1);
    expect(table.search(one.start, one.start + one.length, one.memory, one.direction)).toBe(-1);
  });
});
