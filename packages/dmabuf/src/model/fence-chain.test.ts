import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, settle, violation } from '../../test/kernel.ts';
import { FenceChain, findSeqno, walkChain } from './fence-chain.ts';

const kernel = new Kernel();

describe('a chain of fences', () => {
  it('has names of its own, and begins a context', () => {
    const chain = new FenceChain(kernel, undefined, kernel.mockFence(), 5);
    expect(chain).toMatchObject({
      driverName: 'dma_fence_chain',
      timelineName: 'unbound',
      seqno: 5,
      previousSeqno: 0,
      isContainer: true,
    });
  });

  it('continues the context with later seqnos', () => {
    const first = new FenceChain(kernel, undefined, kernel.mockFence(), 5);
    const second = new FenceChain(kernel, first, kernel.mockFence(), 6);
    expect(second).toMatchObject({ context: first.context, seqno: 6, previousSeqno: 5 });
  });

  it('begins a new context, at no lower seqno, when a seqno is not later', () => {
    const first = new FenceChain(kernel, undefined, kernel.mockFence(), 5);
    const second = new FenceChain(kernel, first, kernel.mockFence(), 3);
    expect(second.context).not.toBe(first.context);
    expect(second).toMatchObject({ seqno: 5, previousSeqno: 0 });
  });

  it('may begin behind a plain fence', async () => {
    const [before, fence] = [kernel.mockFence(), kernel.mockFence()];
    const chain = new FenceChain(kernel, before, fence, 5);
    expect(chain.seqno).toBe(5);
    fence.signal();
    expect(chain.isSignaled()).toBe(false);
    expect(walkChain(chain)).toBe(before);
    before.signal();
    expect(chain.isSignaled()).toBe(true);
    expect(walkChain(chain)).toBe(undefined);
    expect(walkChain(before)).toBe(undefined);
  });

  it('forgets the nodes that are done', () => {
    const fences = [kernel.mockFence(), kernel.mockFence(), kernel.mockFence(), kernel.mockFence()];
    let chain: FenceChain | undefined;
    const nodes = fences.map((fence, at) => (chain = new FenceChain(kernel, chain, fence, at + 1)));
    fences[1]!.signal();
    fences[2]!.signal();
    expect(walkChain(nodes[3]!)).toBe(nodes[0]);
  });

  it('tells those who wait once the last of all its fences is done', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence()];
    const first = new FenceChain(kernel, undefined, fences[0]!, 1);
    const chain = new FenceChain(kernel, first, fences[1]!, 2);
    const fenceSignaled = vi.fn();
    expect(chain.addCallback({ fenceSignaled })).toBe(true);
    fences[1]!.signal();
    await settle();
    expect(fenceSignaled).not.toHaveBeenCalled();
    fences[0]!.signal();
    await settle();
    expect(fenceSignaled).toHaveBeenCalledExactlyOnceWith(chain);
  });

  it('does not take over errors', async () => {
    const fence = kernel.mockFence();
    const chain = new FenceChain(kernel, undefined, fence, 1);
    chain.enableSignaling();
    fence.signal(-5);
    await settle();
    expect(chain.status).toBe(1);
  });

  it('passes deadlines on to the fence of every node', () => {
    const setDeadline = vi.fn();
    const fences = [kernel.mockFence({ ops: { setDeadline } }), kernel.mockFence({ ops: { setDeadline } })];
    const first = new FenceChain(kernel, undefined, fences[0]!, 1);
    new FenceChain(kernel, first, fences[1]!, 2).setDeadline(10);
    expect(setDeadline.mock.calls.map(([fence]) => fence)).toEqual([fences[1], fences[0]]);
  });

  it('does not hold chains inside its nodes', () => {
    const chain = new FenceChain(kernel, undefined, kernel.mockFence(), 1);
    expect(() => new FenceChain(kernel, undefined, chain, 2)).toThrow(violation('dma_fence_chain_init'));
  });

  it('is what seqnos are looked for in', () => {
    expect(findSeqno(undefined, 0)).toBe(undefined);
    expect(() => findSeqno(undefined, 1)).toThrow(kernelError('EINVAL'));
    expect(() => findSeqno(kernel.mockFence({ seqno: 9 }), 1)).toThrow(kernelError('EINVAL'));
  });
});
