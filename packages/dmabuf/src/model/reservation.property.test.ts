import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import type { Fence } from './fence.ts';
import { Reservation } from './reservation.ts';
import { Usage } from './usage.ts';

const CONTEXTS = 3;
const usages = fc.constantFrom(...Object.values(Usage));

/** One step in the life of a reservation: somebody adds a fence, or one of those that were added signals. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), context: fc.nat(CONTEXTS - 1), usage: usages }),
  fc.record({ kind: fc.constant('signal' as const), which: fc.nat() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays steps; remembers every fence that was added, with its usage. */
class Life {
  readonly kernel = new Kernel();
  readonly resv = new Reservation(this.kernel);
  readonly added: { readonly fence: Fence; readonly usage: Usage }[] = [];
  readonly #contexts = Array.from({ length: CONTEXTS }, () => this.kernel.allocateContexts());

  play(steps: readonly Step[], check: () => void = () => {}): void {
    for (const one of steps) {
      if (one.kind === 'add') this.add(one.context, one.usage);
      else this.added[one.which % Math.max(1, this.added.length)]?.fence.signal();
      check();
    }
  }

  add(context: number, usage: Usage): Fence {
    const fence = this.kernel.mockFence({ context: this.#contexts[context]! });
    this.kernel.add(this.resv, fence, usage);
    this.added.push({ fence, usage });
    return fence;
  }

  /** What the rules say is in the way of a query: no fence may be missing unless a later one stands for it. */
  pending(query: Usage): Set<Fence> {
    return new Set(
      this.added
        .filter(({ fence, usage }) => usage <= query && !fence.isSignaled())
        .filter(({ fence, usage }) => !this.#superseded(fence, usage))
        .map(({ fence }) => fence),
    );
  }

  #superseded(fence: Fence, usage: Usage): boolean {
    return this.added.some(
      (other) => other.fence.context === fence.context && other.fence.seqno > fence.seqno && other.usage <= usage,
    );
  }
}

describe('a reservation, whatever is done to it,', () => {
  it('keeps whoever is in the way of a query in the way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const life = new Life();
        life.play(steps, () => {
          for (const query of Object.values(Usage)) {
            const found = new Set(life.resv.fences(query));
            for (const fence of life.pending(query)) expect(found).toContain(fence);
            for (const fence of found) expect(fence.isSignaled()).toBe(false);
            expect(life.resv.testSignaled(query)).toBe(found.size === 0);
          }
        });
      }),
    );
  });

  it('shows a fence to no query below the usage it was added with', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const life = new Life();
        life.play(steps, () => {
          const usageOf = new Map(life.added.map(({ fence, usage }) => [fence, usage]));
          const { fences = [], usages: found = [] } = life.resv.slots ?? {};
          expect(found).toEqual(fences.map((fence) => usageOf.get(fence)));
        });
      }),
    );
  });

  it('has every slot in use by another fence', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const life = new Life();
        life.play(steps);
        const fences = life.resv.slots?.fences ?? [];
        expect(new Set(fences).size).toBe(fences.length);
        expect(fences.length).toBeLessThanOrEqual(life.resv.capacity);
      }),
    );
  });

  it('does not grow with the number of transfers, only with what is in flight', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(CONTEXTS - 1), usages), { minLength: 200, maxLength: 400 }), (transfers) => {
        const life = new Life();
        const inFlight: Fence[] = [];
        for (const [context, usage] of transfers) {
          inFlight.push(life.add(context, usage));
          if (inFlight.length > 4) inFlight.shift()?.signal();
        }
        expect(life.resv.count).toBeLessThanOrEqual(5);
        expect(life.resv.capacity).toBeLessThanOrEqual(13);
      }),
      { numRuns: 20 },
    );
  });
});
