import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Window, Windows } from './windows.ts';

const DIRECTIONS = ['bidirectional', 'to-device', 'from-device'] as const;

describe('the windows of an address space', () => {
  it('are found as in a list, whatever came and went before', () => {
    const memories = [new Uint8Array(1), new Uint8Array(2)];
    const window = fc.record({
      // Pages below and above 32 bits, and some that differ in their high bits only.
      start: fc
        .tuple(fc.constantFrom(0, 2 ** 32, 2 ** 44), fc.nat({ max: 40 }), fc.constantFrom(0, 0, 100))
        .map(([high, page, into]) => high + page * 4096 + into),
      length: fc.constantFrom(1, 300, 4096, 9000),
      offset: fc.constantFrom(0, 4096),
      direction: fc.constantFrom(...DIRECTIONS),
      memory: fc.constantFrom(...memories),
    });
    const step = fc.record({ window, removes: fc.nat({ max: 3 }).map((value) => value === 0), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const windows = new Windows();
        const list: Window[] = [];
        for (const { window: one, removes, which } of steps) {
          if (removes && list.length > 0) {
            const [gone] = list.splice(which % list.length, 1) as [Window];
            windows.remove({ ...gone });
          } else {
            list.push(one);
            windows.add(one);
          }
          for (const { start, length } of [one, list[which % list.length] ?? one]) {
            for (const address of [start - 1, start, start + length - 1, start + length]) {
              for (const refused of [undefined, 'from-device', 'to-device'] as const) {
                const fits = list.filter(
                  (it) => address >= it.start && address < it.start + it.length && it.direction !== refused,
                );
                const found = windows.find(address, refused);
                if (fits.length === 0) expect(found).toBeUndefined();
                else expect(fits).toContainEqual(found);
              }
            }
          }
        }
        expect(windows.pages).toBe(
          list.reduce(
            (sum, { start, length }) => sum + Math.floor((start + length - 1) / 4096) - Math.floor(start / 4096) + 1,
            0,
          ),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('end with their mapping, also for an access that found them before', () => {
    const windows = new Windows();
    const one = { start: 8192, length: 10, memory: new Uint8Array(10), offset: 0, direction: 'bidirectional' } as const;
    windows.add(one);
    expect(windows.find(8193)).toEqual(one);
    windows.remove(one);
    expect(windows.find(8193)).toBeUndefined();
    windows.remove(one);
    expect(windows.pages).toBe(0);
  });

  it('lead to the other memory where one has taken the place of another', () => {
    const windows = new Windows();
    const one = { start: 4096, length: 4096, memory: new Uint8Array(1), offset: 0, direction: 'to-device' } as const;
    const other = { ...one, memory: new Uint8Array(2) };
    windows.add(one);
    windows.remove(one);
    windows.add(other);
    expect(windows.find(4096, 'from-device')?.memory === other.memory).toBe(true);
  });

  it('without bytes are none', () => {
    const windows = new Windows();
    windows.add({ start: 4096, length: 0, memory: new Uint8Array(0), offset: 0, direction: 'to-device' });
    expect([windows.pages, windows.find(4096)]).toEqual([0, undefined]);
  });
});
