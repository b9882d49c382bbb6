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

/** Words of a descriptor, the first three of which name a piece. */
const STEP = 4;

/** Pieces as descriptors name them. */
function descriptors(pieces: readonly { readonly start: number; readonly length: number }[]): Int32Array {
  return Int32Array.from(pieces.flatMap(({ start, length }) => [start | 0, (start / 2 ** 32) | 0, length, -1]));
}

/** How many of the pieces behind the first follow it. */
function follow(
  table: WindowTable,
  pieces: readonly { readonly start: number; readonly length: number }[],
  at: DmaPlace,
) {
  const words = descriptors(pieces);
  return table.follow(words, STEP, words.length, STEP, at) / STEP - 1;
}

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

  it('are gone through as long as they lead to memory in a row, in one direction, whatever came and went before', () => {
    const memories = [new Uint8Array(1), new Uint8Array(2)];
    const run = fc.record({
      start: fc.nat({ max: 40 }),
      pages: fc.integer({ min: 1, max: 4 }),
      offset: fc.nat({ max: 5 }),
      last: fc.constantFrom(4096, 4096, 300),
      direction: fc.constantFrom('to-device' as const, 'to-device' as const, 'from-device' as const),
      memory: fc.constantFrom(memories[0]!, memories[0]!, memories[1]!),
    });
    const step = fc.record({ run, removes: fc.boolean(), which: fc.nat() });
    const walk = fc.record({ from: fc.nat(), count: fc.integer({ min: 2, max: 6 }), stray: fc.nat({ max: 12 }) });
    let longest = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(walk, { minLength: 5, maxLength: 20 }),
        (steps, walks) => {
          const table = new WindowTable();
          const list: Mapping[] = [];
          for (const { run: one, removes, which } of steps) {
            if (removes && list.length > 0) {
              const [gone] = list.splice(which % list.length, 1) as [Mapping];
              table.remove(table.search(gone.start, gone.start + gone.length, gone.memory, gone.direction));
            }
            for (let page = 0; page < one.pages; page++) {
              // Somewhere: the next page of the same memory.
              const start = ((one.start + page * 7) % 41) * 4096;
              if (list.some((other) => other.start === start)) continue;
              const length = page + 1 === one.pages ? one.last : 4096;
              const mapping = { ...one, start, length, offset: (one.offset + page) * 4096 };
              list.push(mapping);
              add(table, mapping);
            }
          }
          if (list.length === 0) return;
          for (const { from, count, stray } of walks) {
            const pieces = Array.from({ length: count }, (_, piece) => list[(from + piece) % list.length]!);
            if (stray < count) pieces[stray] = list[stray % list.length]!;
            const at = place();
            expect(table.locate(pieces[0]!.start, -1, at)).toBe(pieces[0]!.length);
            const end = 1 + follow(table, pieces, at);
            for (let piece = 1; piece < end; piece++) {
              const [before, one] = [pieces[piece - 1]!, pieces[piece]!];
              expect(one.memory).toBe(before.memory);
              expect(one.offset).toBe(before.offset + before.length);
              expect(one.direction).toBe(before.direction);
            }
            expect(at.hint).toBe(table.find(pieces[end - 1]!.start));
            longest = Math.max(longest, end);
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    );
    expect(longest).toBeGreaterThan(3);
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
    const first = place();
    table.locate(starts[0]!, -1, first);
    const pieces = starts.map((start) => ({ start, length: 4096 }));
    expect(follow(table, pieces, first)).toBe(3);
    expect(first.hint).toBe(3);
  });

  it('are not gone on with where another has taken the place of one in between', () => {
    const table = new WindowTable();
    const [memory, other] = [new Uint8Array(3 * 4096), new Uint8Array(3 * 4096)];
    const pages = [1, 2, 3].map((page, index) => {
      return { start: page * 4096, length: 4096, memory, offset: index * 4096, direction: 'to-device' } as const;
    });
    for (const page of pages) add(table, page);
    table.remove(table.find(2 * 4096));
    add(table, { ...pages[1]!, memory: other });
    const at = place();
    table.locate(4096, -1, at);
    expect(follow(table, pages, at)).toBe(0);
    table.locate(8192, -1, at);
    expect(follow(table, pages.slice(1), at)).toBe(0);
  });

  it('are not gone on with where one has gone, or is another page beyond 32 bits', () => {
    const table = new WindowTable();
    const memory = new Uint8Array(3 * 4096);
    const pages = [1, 2, 3].map((page, index) => {
      return {
        start: 2 ** 32 + page * 4096,
        length: 4096,
        memory,
        offset: index * 4096,
        direction: 'to-device',
      } as const;
    });
    for (const page of pages) add(table, page);
    const at = place();
    table.locate(pages[0]!.start, -1, at);
    expect(follow(table, pages, at)).toBe(2);
    const low = pages.map(({ start, length }) => ({ start: start - 2 ** 32, length }));
    table.locate(pages[0]!.start, -1, at);
    expect(follow(table, [pages[0]!, ...low.slice(1)], at)).toBe(0);
    table.remove(table.find(pages[1]!.start));
    table.locate(pages[0]!.start, -1, at);
    expect(follow(table, pages, at)).toBe(0);
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
