import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import type { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';
import { mergeFences, unwrapFences } from './fence-unwrap.ts';

const CONTEXTS = 4;

/** A fence as it may come: of one of a few contexts, active or signaled at a time. */
const plainFence = fc.record({
  context: fc.integer({ min: 1, max: CONTEXTS }),
  seqno: fc.integer({ min: 1, max: 9 }),
  signaledAt: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
});
/** A chain of arrays or plain fences, the oldest first. */
const fenceTree = fc.array(fc.array(plainFence, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

type PlainFence = typeof plainFence extends fc.Arbitrary<infer T> ? T : never;
type FenceTree = typeof fenceTree extends fc.Arbitrary<infer T> ? T : never;

/** Builds what was drawn; one and the same fence for one context and seqno. */
class Builder {
  readonly kernel = new Kernel();
  readonly plain = new Map<string, Fence>();

  constructor() {
    this.kernel.allocateContexts(CONTEXTS);
  }

  fence({ context, seqno, signaledAt }: PlainFence): Fence {
    const key = `${context}-${seqno}`;
    let fence = this.plain.get(key);
    if (fence === undefined) {
      fence = this.kernel.mockFence({ context, seqno });
      if (signaledAt !== undefined) fence.signalAt(signaledAt);
      this.plain.set(key, fence);
    }
    return fence;
  }

  tree(nodes: FenceTree): Fence {
    const contents = nodes.map((members) => {
      const fences = members.map((member) => this.fence(member));
      if (fences.length === 1) return fences[0]!;
      return new FenceArray(this.kernel, fences, this.kernel.allocateContexts(), 1, false);
    });
    if (contents.length === 1) return contents[0]!;
    let chain: FenceChain | undefined;
    for (const [at, content] of contents.entries()) chain = new FenceChain(this.kernel, chain, content, at + 1);
    return chain!;
  }
}

const pendingOf = (fences: Iterable<Fence>): Fence[] => [...fences].filter((fence) => !fence.isSignaled());

function newestPerContext(fences: readonly Fence[]): Set<Fence> {
  const newest = new Map<number, Fence>();
  for (const fence of fences) {
    const other = newest.get(fence.context);
    if (other === undefined || fence.seqno > other.seqno) newest.set(fence.context, fence);
  }
  return new Set(newest.values());
}

describe('unwrapping', () => {
  it('gives a plain fence as it is, and nothing for nothing', () => {
    const fence = new Kernel().mockFence();
    expect(unwrapFences(fence)).toEqual([fence]);
    expect(unwrapFences(undefined)).toEqual([]);
  });

  it('gives the newest node of a chain first', () => {
    const kernel = new Kernel();
    const fences = [kernel.mockFence(), kernel.mockFence(), kernel.mockFence()];
    let chain: FenceChain | undefined;
    for (const [at, fence] of fences.entries()) chain = new FenceChain(kernel, chain, fence, at + 1);
    fences[1]!.signal();
    expect(unwrapFences(chain)).toEqual([fences[2], fences[0]]);
  });

  it('never gives a container, and never loses a fence that is not done', () => {
    fc.assert(
      fc.property(fenceTree, (tree) => {
        const builder = new Builder();
        const plain = unwrapFences(builder.tree(tree));
        expect(plain.some((fence) => fence.isContainer)).toBe(false);
        expect(new Set(pendingOf(plain))).toEqual(new Set(pendingOf(builder.plain.values())));
      }),
    );
  });
});

describe('merging', () => {
  it('leaves nothing but the newest pending fence of each context', () => {
    fc.assert(
      fc.property(fc.array(fenceTree, { maxLength: 4 }), (trees) => {
        const builder = new Builder();
        const inputs = trees.map((tree) => builder.tree(tree));
        const found = inputs.flatMap((fence) => unwrapFences(fence));
        const merged = mergeFences(builder.kernel, inputs);
        const expected = newestPerContext(pendingOf(found));
        if (expected.size === 0) {
          const times = found.map((fence) => fence.timestamp ?? 0);
          expect(merged).toMatchObject({ driverName: 'stub', status: 1, timestamp: Math.max(0, ...times) });
        } else {
          expect(new Set(unwrapFences(merged))).toEqual(expected);
          expect(merged.isContainer).toBe(expected.size > 1);
        }
      }),
    );
  });

  it('does not care for the order or for repetition', () => {
    fc.assert(
      fc.property(fenceTree, fenceTree, (one, other) => {
        const builder = new Builder();
        const [a, b] = [builder.tree(one), builder.tree(other)];
        const pending = (fence: Fence): Set<Fence> => new Set(pendingOf(unwrapFences(fence)));
        const merged = pending(mergeFences(builder.kernel, [a, b]));
        expect(pending(mergeFences(builder.kernel, [b, a]))).toEqual(merged);
        expect(pending(mergeFences(builder.kernel, [mergeFences(builder.kernel, [a, b]), b, a]))).toEqual(merged);
      }),
    );
  });

  it('makes an array of a context of its own, sorted by context', () => {
    const kernel = new Kernel();
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    const merged = mergeFences(kernel, [b, a]);
    expect(merged).toMatchObject({ driverName: 'dma_fence_array', seqno: 1, context: b.context + 1 });
    expect(unwrapFences(merged)).toEqual([a, b]);
  });

  it('gives the very fence if one is left', () => {
    const kernel = new Kernel();
    const fence = kernel.mockFence();
    expect(mergeFences(kernel, [kernel.doneFence(-5), fence, kernel.stub])).toBe(fence);
  });
});
