import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Scheduled, TimerHeap } from './timer-heap.ts';

const entry = (due: number, order: number): Scheduled => ({ due, order, slot: -1 });
const sorted = (entries: readonly Scheduled[]): Scheduled[] =>
  [...entries].sort((a, b) => a.due - b.due || a.order - b.order);

describe('a timer heap', () => {
  it('has no first entry while it is empty', () => {
    expect(new TimerHeap().first).toBeUndefined();
  });

  it('gives the earliest entry, also after any others were taken out', () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat({ max: 9 }) }),
      fc.record({ remove: fc.nat({ max: 40 }) }),
      fc.constant('remove first' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new TimerHeap<Scheduled>();
        const added: Scheduled[] = [];
        let inside: Scheduled[] = [];
        for (const step of steps) {
          if (step !== 'remove first' && 'add' in step) {
            const made = entry(step.add, added.length);
            added.push(made);
            inside.push(made);
            heap.add(made);
          } else {
            const taken = step === 'remove first' ? heap.first : added[step.remove];
            if (taken) heap.remove(taken);
            inside = inside.filter((one) => one !== taken);
          }
          expect(heap.first).toBe(sorted(inside)[0]);
          expect(heap.size).toBe(inside.length);
        }
        for (const expected of sorted(inside)) {
          expect(heap.first).toBe(expected);
          heap.remove(expected);
        }
      }),
    );
  });

  it('takes an entry out once', () => {
    const heap = new TimerHeap<Scheduled>();
    const [first, second] = [entry(1, 0), entry(2, 1)];
    heap.add(first);
    heap.add(second);
    heap.remove(first);
    heap.remove(first);
    expect(heap.first).toBe(second);
  });
});
