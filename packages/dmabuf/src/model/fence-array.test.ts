import { describe, expect, it, vi } from 'vitest';
import { Kernel, settle, violation } from '../../test/kernel.ts';
import type { Fence } from './fence.ts';
import { FenceArray, matchesContext } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';

const kernel = new Kernel();
const arrayOf = (fences: readonly Fence[], any = false): FenceArray =>
  new FenceArray(kernel, fences, kernel.allocateContexts(), 1, any);

describe('an array of fences', () => {
  it('has names of its own', () => {
    expect(arrayOf([kernel.mockFence()])).toMatchObject({
      driverName: 'dma_fence_array',
      timelineName: 'unbound',
      seqno: 1,
      isContainer: true,
    });
  });

  it('signals when all have', () => {
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    const array = arrayOf([a, b]);
    a.signal();
    expect(array.isSignaled()).toBe(false);
    b.signal();
    expect(array.isSignaled()).toBe(true);
  });

  it('or when the first has', () => {
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    const array = arrayOf([a, b], true);
    expect(array.isSignaled()).toBe(false);
    b.signal();
    expect(array.isSignaled()).toBe(true);
    expect(a.status).toBe(0);
  });

  it('tells those who wait a little after the last member', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence()];
    const array = arrayOf(fences);
    const fenceSignaled = vi.fn();
    array.addCallback({ fenceSignaled });
    for (const fence of fences) fence.signal();
    expect(fenceSignaled).not.toHaveBeenCalled();
    await settle();
    expect(fenceSignaled).toHaveBeenCalledExactlyOnceWith(array);
  });

  it('fails with the first error of a member, while it is watched', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence(), kernel.mockFence()];
    const array = arrayOf(fences);
    array.enableSignaling();
    fences[1]!.signal(-104);
    fences[0]!.signal(-108);
    fences[2]!.signal();
    await settle();
    expect(array.status).toBe(-104);
  });

  it('finds the errors of members that failed before', () => {
    const array = arrayOf([kernel.doneFence(), kernel.doneFence(-5)]);
    expect(array.enableSignaling()).toBe(false);
    expect(array.status).toBe(-5);
  });

  it('sees no error as long as nobody watches', () => {
    const array = arrayOf([kernel.doneFence(), kernel.doneFence(-5)]);
    expect(array.status).toBe(1);
  });

  it('of any is done at once if one is done', () => {
    const array = arrayOf([kernel.mockFence(), kernel.doneFence(), kernel.mockFence()], true);
    expect(array.addCallback({ fenceSignaled: () => {} })).toBe(false);
    expect(array.status).toBe(1);
  });

  it('of any keeps quiet about the members after the first', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence()];
    const array = arrayOf(fences, true);
    array.enableSignaling();
    fences[0]!.signal();
    await settle();
    fences[1]!.signal(-5);
    await settle();
    expect(array.status).toBe(1);
  });

  it('can be looked at before the interrupt that signals it', () => {
    const fence = kernel.mockFence();
    const array = arrayOf([fence]);
    array.enableSignaling();
    fence.signal(-5);
    expect(array.status).toBe(-5);
  });

  it('passes deadlines on to every member', () => {
    const setDeadline = vi.fn();
    const fences = [kernel.mockFence({ ops: { setDeadline } }), kernel.mockFence({ ops: { setDeadline } })];
    arrayOf(fences).setDeadline(10);
    expect(setDeadline.mock.calls).toEqual(fences.map((fence) => [fence, 10]));
  });

  it('holds plain fences, and at least one', () => {
    const fence = kernel.mockFence();
    expect(() => arrayOf([])).toThrow(violation('dma_fence_array_init'));
    expect(() => arrayOf([arrayOf([fence])])).toThrow(violation('dma_fence_array_init'));
    expect(() => arrayOf([new FenceChain(kernel, undefined, fence, 1)])).toThrow(violation('dma_fence_array_init'));
  });

  it('matches a context that all its members have', () => {
    const context = kernel.allocateContexts();
    const [a, b, c] = [kernel.mockFence({ context }), kernel.mockFence({ context }), kernel.mockFence()];
    expect(matchesContext(a, context)).toBe(true);
    expect(matchesContext(c, context)).toBe(false);
    expect(matchesContext(arrayOf([a, b]), context)).toBe(true);
    expect(matchesContext(arrayOf([a, c]), context)).toBe(false);
  });
});
