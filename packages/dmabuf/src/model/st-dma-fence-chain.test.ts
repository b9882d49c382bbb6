import { seededRandom } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel, kernelError, settle, stateOf } from '../../test/kernel.ts';
import type { Fence } from './fence.ts';
import { FenceChain, findSeqno } from './fence-chain.ts';

/** A chain with a mock fence in every node (struct fence_chains). */
class Chains {
  readonly fences: Fence[] = [];
  readonly nodes: FenceChain[] = [];

  constructor(kernel: Kernel, count: number, seqno: (at: number) => number = (at) => at + 1) {
    for (let at = 0; at < count; at++) {
      this.fences.push(kernel.mockFence());
      this.nodes.push(new FenceChain(kernel, this.nodes[at - 1], this.fences[at]!, seqno(at)));
    }
    this.tail.enableSignaling();
  }

  get tail(): FenceChain {
    return this.nodes.at(-1)!;
  }
}

function shuffled(count: number, random: () => number): number[] {
  const order = [...Array(count).keys()];
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

// The kernel's own tests of dma-fence-chain, under their names (drivers/dma-buf/st-dma-fence-chain.c).
describe('dma_fence_chain', () => {
  const kernel = new Kernel();

  it('sanitycheck', () => {
    const fence = kernel.mockFence();
    const chain = new FenceChain(kernel, undefined, fence, 1);
    chain.enableSignaling();
    expect(chain.isSignaled()).toBe(false);
    fence.signal();
    expect(chain.isSignaled()).toBe(true);
  });

  it('find_seqno', () => {
    const { nodes, tail } = new Chains(kernel, 64);
    expect(findSeqno(tail, 0)).toBe(tail);
    for (const [at, node] of nodes.entries()) {
      expect(findSeqno(tail, at + 1)).toBe(node);
      expect(findSeqno(node, at + 1)).toBe(node);
      expect(() => findSeqno(node, at + 2)).toThrow(kernelError('EINVAL'));
      expect(findSeqno(node, at)).toBe(at === 0 ? node : nodes[at - 1]);
    }
  });

  it('find_signaled', () => {
    const { fences, nodes } = new Chains(kernel, 2);
    fences[0]!.signal();
    expect(findSeqno(nodes[1], 1)).toBe(undefined);
    expect(findSeqno(nodes[0], 1)).toBe(nodes[0]);
  });

  it('find_out_of_order', () => {
    const { fences, nodes } = new Chains(kernel, 3);
    fences[1]!.signal();
    // Node 2 stands for what node 1 did, because all before it is not done.
    expect(findSeqno(nodes[2], 2)).toBe(nodes[0]);
  });

  it('find_gap', () => {
    const { nodes, tail } = new Chains(kernel, 64, (at) => 2 * at + 1);
    expect(findSeqno(tail, 0)).toBe(tail);
    for (const [at, node] of nodes.entries()) {
      expect(findSeqno(tail, 2 * at + 1)).toBe(node);
      expect(findSeqno(tail, 2 * at)).toBe(at === 0 ? tail : node);
    }
  });

  it('find_race', () => {
    const random = seededRandom(2);
    const { fences, tail } = new Chains(kernel, 4096);
    const largest = tail.seqno;
    for (let pass = 0; pass < 4096; pass++) {
      const wanted = Math.floor(random() * largest);
      const found = findSeqno(tail, wanted);
      if (wanted === 0) expect(found).toBe(tail);
      else if (found !== undefined) expect(found.seqno).toBeLessThanOrEqual(wanted);
      if (found !== undefined && random() < 0.5) fences[found.seqno - 1]!.signal();
      else fences[Math.floor(random() * largest)]!.signal();
    }
  });

  it('signal_forward', () => {
    const { fences, nodes } = new Chains(kernel, 64);
    for (let at = 0; at < 64; at++) {
      fences[at]!.signal();
      expect(nodes[at]!.isSignaled()).toBe(true);
      if (at + 1 < 64) expect(nodes[at + 1]!.isSignaled()).toBe(false);
    }
  });

  it('signal_backward', () => {
    const { fences, nodes } = new Chains(kernel, 64);
    for (let at = 63; at > 0; at--) {
      fences[at]!.signal();
      expect(nodes[at]!.isSignaled()).toBe(false);
    }
    fences[0]!.signal();
    for (const node of nodes) expect(node.isSignaled()).toBe(true);
  });

  it.each([
    ['wait_forward', (count: number) => [...Array(count).keys()]],
    ['wait_backward', (count: number) => [...Array(count).keys()].reverse()],
    ['wait_random', (count: number) => shuffled(count, seededRandom(3))],
  ])('%s', async (_name, order) => {
    const { fences, tail } = new Chains(kernel, 4096);
    const waiting = tail.wait();
    const sequence = order(4096);
    const last = sequence.pop()!;
    for (const at of sequence) fences[at]!.signal();
    await settle();
    expect(await stateOf(waiting)).toBe('pending');
    fences[last]!.signal();
    expect(await waiting).toBe(1);
  });
});
