import { MILLISECOND, seededRandom } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import type { FenceCallback } from '../fence.ts';
import type { Fence } from './fence.ts';

/** One jiffy of a kernel with HZ=250. */
const JIFFY = 4 * MILLISECOND;

class SimpleCallback implements FenceCallback {
  seen = false;

  fenceSignaled(): void {
    this.seen = true;
  }
}

// The kernel's own tests of dma-fence, under their names (drivers/dma-buf/st-dma-fence.c).
describe('dma_fence', () => {
  const kernel = new Kernel();

  it('sanitycheck', () => {
    const fence = kernel.mockFence();
    fence.enableSignaling();
    expect(fence.signal()).toBe(true);
  });

  it('test_signaling', () => {
    const fence = kernel.mockFence();
    fence.enableSignaling();
    expect(fence.isSignaled()).toBe(false);
    expect(fence.signal()).toBe(true);
    expect(fence.isSignaled()).toBe(true);
    expect(fence.signal()).toBe(false);
  });

  it('test_add_callback', () => {
    const fence = kernel.mockFence();
    const callback = new SimpleCallback();
    expect(fence.addCallback(callback)).toBe(true);
    fence.signal();
    expect(callback.seen).toBe(true);
  });

  it('test_late_add_callback', () => {
    const fence = kernel.mockFence();
    const callback = new SimpleCallback();
    fence.signal();
    expect(fence.addCallback(callback)).toBe(false);
    fence.signal();
    expect(callback.seen).toBe(false);
  });

  it('test_rm_callback', () => {
    const fence = kernel.mockFence();
    const callback = new SimpleCallback();
    expect(fence.addCallback(callback)).toBe(true);
    expect(fence.removeCallback(callback)).toBe(true);
    fence.signal();
    expect(callback.seen).toBe(false);
  });

  it('test_late_rm_callback', () => {
    const fence = kernel.mockFence();
    const callback = new SimpleCallback();
    expect(fence.addCallback(callback)).toBe(true);
    fence.signal();
    expect(callback.seen).toBe(true);
    expect(fence.removeCallback(callback)).toBe(false);
  });

  it('test_status', () => {
    const fence = kernel.mockFence();
    fence.enableSignaling();
    expect(fence.status).toBe(0);
    fence.signal();
    expect(fence.status).toBe(1);
  });

  it('test_error', () => {
    const fence = kernel.mockFence();
    fence.enableSignaling();
    fence.setError(-5);
    expect(fence.status).toBe(0);
    fence.signal();
    expect(fence.status).toBe(-5);
  });

  it('test_wait', async () => {
    const wait = async (waited: Fence): Promise<number> => (waited.isSignaled() ? 0 : -62);
    const fence = kernel.mockFence({ ops: { wait } });
    expect(await fence.waitTimeout(0)).toBe(-62);
    fence.signal();
    expect(await fence.waitTimeout(0)).toBe(0);
  });

  it('test_wait_timeout', async () => {
    const fence = kernel.mockFence();
    expect(await fence.waitTimeout(JIFFY)).toBe(0);
    kernel.clock.setTimer(JIFFY, () => fence.signal());
    expect(await fence.waitTimeout(2 * JIFFY)).toBe(JIFFY);
  });

  it('test_stub', () => {
    for (let i = 0; i < 64; i++) expect(kernel.stub.isSignaled()).toBe(true);
  });

  it('race_signal_callback', () => {
    const random = seededRandom(1);
    for (const before of [false, true]) {
      for (let pass = 0; pass < 1000; pass++) {
        const fences: Fence[] = [];
        const threads = [0, 1].map((id) => signalAndWait(fences, id, before));
        for (let steps = 0; threads.length > 0 && steps < 1000; steps++) {
          const at = Math.floor(random() * threads.length);
          if (threads[at]!.next().done) threads.splice(at, 1);
        }
        // Whoever waits in vain never ends.
        expect(threads).toHaveLength(0);
      }
    }
  });

  /** Signals a fence of its own, and is told of the other's: one of two threads, that may lose the processor at each yield. */
  function* signalAndWait(fences: Fence[], id: number, before: boolean): Generator<void, void> {
    const mine = kernel.mockFence();
    mine.enableSignaling();
    fences[id] = mine;
    while (fences[1 - id] === undefined) yield;
    const theirs = fences[1 - id]!;
    if (before) mine.signal();
    yield;
    const callback = new SimpleCallback();
    const late = !theirs.addCallback(callback);
    yield;
    if (!before) mine.signal();
    while (!theirs.isSignaled()) yield;
    expect(callback.seen).toBe(!late);
  }
});
