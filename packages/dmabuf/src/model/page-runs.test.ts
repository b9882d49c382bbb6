import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageRuns } from './page-runs.ts';

const FIRST = 3;
const END = 40;

const step = fc.oneof(
  fc.record({ take: fc.integer({ min: 1, max: END - FIRST + 1 }) }),
  fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ give: fc.nat() }),
);

/** How long the longest run is that nobody has. */
function longest(taken: ReadonlyMap<number, number>): number {
  let most = 0;
  let run = 0;
  const busy = new Set(
    [...taken].flatMap(([first, pages]) => Array.from({ length: pages }, (_, page) => first + page)),
  );
  for (let page = FIRST; page < END; page++) {
    run = busy.has(page) ? 0 : run + 1;
    most = Math.max(most, run);
  }
  return most;
}

describe('runs of pages', () => {
  it('are nobody else’s, and there as long as there is one that is long enough', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const runs = new PageRuns(FIRST, END);
        const taken = new Map<number, number>();
        for (const it of steps) {
          if ('take' in it) {
            const free = longest(taken);
            const first = runs.take(it.take);
            expect(first !== undefined).toBe(it.take <= free);
            if (first === undefined) continue;
            expect(first >= FIRST && first + it.take <= END).toBe(true);
            for (const [other, pages] of taken) expect(first >= other + pages || first + it.take <= other).toBe(true);
            taken.set(first, it.take);
          } else if (taken.size > 0) {
            const [first, pages] = [...taken][it.give % taken.size]!;
            taken.delete(first);
            runs.give(first, pages);
          }
        }
      }),
    );
  });

  it('are the lowest ones that fit, with free neighbours joined', () => {
    const runs = new PageRuns(FIRST, END);
    const [one, two, three] = [runs.take(2)!, runs.take(2)!, runs.take(2)!];
    runs.give(two, 2);
    expect(runs.take(3)).toBe(three + 2);
    runs.give(one, 2);
    expect([runs.take(4), runs.take(1)]).toEqual([one, three + 5]);
  });
});
