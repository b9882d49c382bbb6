import { MILLISECOND, SECOND, TraceRecorder } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, stateOf, violation } from '../../test/kernel.ts';
import type { DmaFence, FenceCallback } from '../fence.ts';
import { Fence, type FenceOps, isLaterSeqno } from './fence.ts';

const kernel = new Kernel();

/** A callback that notes its name. */
const noting = (log: string[], name: string): FenceCallback => ({ fenceSignaled: () => log.push(name) });

describe('a fence', () => {
  it('knows where it comes from', () => {
    const fence = new Fence(kernel, 'functionfs', '', 7, 9);
    expect(fence).toMatchObject({ driverName: 'functionfs', timelineName: '', context: 7, seqno: 9, status: 0 });
    expect(fence.timestamp).toBe(undefined);
  });

  it('signals once, at a time', async () => {
    await kernel.clock.advance(SECOND);
    const fence = kernel.mockFence();
    expect(fence.signal()).toBe(true);
    const at = kernel.clock.now();
    expect(fence.timestamp).toBe(at);
    await kernel.clock.advance(SECOND);
    expect(fence.signal(-5)).toBe(false);
    expect(fence).toMatchObject({ timestamp: at, status: 1 });
  });

  it('can be signaled with a time of its own', () => {
    const fence = kernel.mockFence();
    expect(fence.signalAt(5)).toBe(true);
    expect(fence.signalAt(6)).toBe(false);
    expect(fence.timestamp).toBe(5);
  });

  it('fails with a negative errno', () => {
    const fence = kernel.mockFence();
    fence.signal(-104);
    expect(fence.status).toBe(-104);
  });

  it.each([1, 0, -4096, Number.NaN])('takes %d for no error', (error) => {
    expect(() => kernel.mockFence().setError(error)).toThrow(violation('dma_fence_set_error'));
  });

  it('does not change its mind', () => {
    expect(() => kernel.doneFence().setError(-5)).toThrow(violation('dma_fence_set_error'));
  });

  it('describes itself as debugfs does', () => {
    const fence = new Fence(kernel, 'functionfs', '', 7, 9);
    expect(fence.describe()).toBe('functionfs  seq 9 unsignalled');
    fence.signal();
    expect(fence.describe()).toBe('functionfs  seq 9 signalled');
  });

  it('tells the trace', () => {
    const trace = new TraceRecorder();
    const fence = new Kernel({ trace }).mockFence();
    fence.signal(-5);
    expect(trace.events.slice(-1)).toEqual([
      expect.objectContaining({
        source: 'dmabuf',
        what: 'fence signaled',
        details: expect.objectContaining({ driver: 'mock', seqno: fence.seqno, error: -5 }),
      }),
    ]);
  });
});

describe('callbacks', () => {
  it('run in the order in which they were added, before signal returns', () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) fence.addCallback(noting(log, name));
    fence.signal();
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('see the outcome', () => {
    const fence = kernel.mockFence();
    let seen: DmaFence | undefined;
    fence.addCallback({
      fenceSignaled: (signaled) => {
        expect(signaled.status).toBe(-108);
        seen = signaled;
      },
    });
    fence.signal(-108);
    expect(seen).toBe(fence);
  });

  it('keep their order when some are removed', () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    const callbacks = ['a', 'b', 'c', 'd'].map((name) => noting(log, name));
    for (const callback of callbacks) fence.addCallback(callback);
    expect(fence.removeCallback(callbacks[0]!)).toBe(true);
    expect(fence.removeCallback(callbacks[2]!)).toBe(true);
    fence.addCallback(noting(log, 'e'));
    fence.signal();
    expect(log).toEqual(['b', 'd', 'e']);
  });

  it('can all be removed, and others added', () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    const callbacks = ['a', 'b'].map((name) => noting(log, name));
    for (const callback of callbacks) fence.addCallback(callback);
    for (const callback of callbacks) expect(fence.removeCallback(callback)).toBe(true);
    fence.addCallback(noting(log, 'c'));
    fence.signal();
    expect(log).toEqual(['c']);
  });

  it('may remove one that is still to come', () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    const victim = noting(log, 'victim');
    fence.addCallback({ fenceSignaled: () => log.push(String(fence.removeCallback(victim))) });
    fence.addCallback(victim);
    fence.addCallback(noting(log, 'last'));
    fence.signal();
    expect(log).toEqual(['true', 'last']);
  });

  it('all run even if one throws, and the failure is not lost', () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    fence.addCallback(noting(log, 'a'));
    fence.addCallback({
      fenceSignaled: () => {
        throw new Error('broken callback');
      },
    });
    fence.addCallback(noting(log, 'c'));
    expect(() => fence.signal()).toThrow('broken callback');
    expect(log).toEqual(['a', 'c']);
  });

  it('are all reported if several fail', () => {
    const fence = kernel.mockFence();
    for (const message of ['one', 'two']) {
      fence.addCallback({
        fenceSignaled: () => {
          throw new Error(message);
        },
      });
    }
    const failures = [new Error('one'), new Error('two')];
    expect(() => fence.signal()).toThrow(expect.objectContaining({ name: 'AggregateError', errors: failures }));
  });

  it('cannot be removed from a fence that does not have them', () => {
    expect(kernel.mockFence().removeCallback(noting([], 'a'))).toBe(false);
  });
});

describe('signaling is enabled', () => {
  const ops = (answer: boolean): FenceOps & { enableSignaling: ReturnType<typeof vi.fn> } => ({
    enableSignaling: vi.fn(() => answer),
  });

  it('once, by the first who wants to know', () => {
    const watched = ops(true);
    const fence = kernel.mockFence({ ops: watched });
    expect(fence.signalingEnabled).toBe(false);
    expect(fence.isSignaled()).toBe(false);
    expect(watched.enableSignaling).not.toHaveBeenCalled();
    fence.addCallback(noting([], 'a'));
    fence.addCallback(noting([], 'b'));
    fence.enableSignaling();
    expect(watched.enableSignaling).toHaveBeenCalledExactlyOnceWith(fence);
  });

  it('in vain if it has passed: then the fence signals', () => {
    const fence = kernel.mockFence({ ops: ops(false) });
    expect(fence.addCallback(noting([], 'a'))).toBe(false);
    expect(fence.status).toBe(1);
  });

  it('in vain if it cannot be: then the fence fails', () => {
    const fence = kernel.mockFence({
      ops: {
        enableSignaling: (failing) => {
          failing.setError(-5);
          return false;
        },
      },
    });
    expect(fence.enableSignaling()).toBe(false);
    expect(fence.status).toBe(-5);
  });
});

describe('the op signaled', () => {
  it('is asked by whoever looks, and signals the fence', () => {
    let passed = false;
    const fence = kernel.mockFence({ ops: { signaled: () => passed } });
    const log: string[] = [];
    fence.addCallback(noting(log, 'a'));
    expect(fence.isSignaled()).toBe(false);
    expect(fence.status).toBe(0);
    passed = true;
    expect(fence.timestamp).toBe(undefined);
    expect(fence.status).toBe(1);
    expect(log).toEqual(['a']);
  });
});

describe('waiting', () => {
  it('ends with the status', async () => {
    const fence = kernel.mockFence();
    const waiting = fence.wait();
    expect(await stateOf(waiting)).toBe('pending');
    fence.signal(-104);
    expect(await waiting).toBe(-104);
    expect(await fence.wait()).toBe(-104);
  });

  it('ends with 0 when the time is up, and leaves nothing behind', async () => {
    const fence = kernel.mockFence();
    expect(await fence.wait(MILLISECOND)).toBe(0);
    const log: string[] = [];
    fence.addCallback(noting(log, 'a'));
    fence.signal();
    expect(log).toEqual(['a']);
  });

  it('only looks when there is no time', async () => {
    expect(await kernel.mockFence().waitTimeout(0)).toBe(0);
    expect(await kernel.doneFence().waitTimeout(0)).toBe(1);
    expect(await kernel.mockFence().wait(0)).toBe(0);
    expect(await kernel.doneFence(-5).wait(0)).toBe(-5);
  });

  it('gives the time that was left, at least 1', async () => {
    const fence = kernel.mockFence();
    kernel.clock.setTimer(3 * MILLISECOND, () => fence.signal());
    expect(await fence.waitTimeout(5 * MILLISECOND)).toBe(2 * MILLISECOND);
    expect(await fence.waitTimeout(5 * MILLISECOND)).toBe(5 * MILLISECOND);
    expect(await fence.waitTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('enables signaling even if there is no time', async () => {
    const fence = kernel.mockFence();
    await fence.waitTimeout(0);
    expect(fence.signalingEnabled).toBe(true);
  });

  it('is refused with a negative timeout', async () => {
    await expect(kernel.mockFence().waitTimeout(-1)).rejects.toThrow(kernelError('EINVAL'));
    await expect(kernel.mockFence().wait(Number.NaN)).rejects.toThrow(kernelError('EINVAL'));
  });

  it('can be interrupted', async () => {
    const fence = kernel.mockFence();
    const abort = new AbortController();
    const waiting = fence.waitTimeout(undefined, abort.signal);
    expect(await stateOf(waiting)).toBe('pending');
    abort.abort();
    await expect(waiting).rejects.toThrow(kernelError('ERESTARTSYS'));
    await expect(fence.waitTimeout(SECOND, abort.signal)).rejects.toThrow(kernelError('ERESTARTSYS'));
    fence.signal();
    expect(await fence.waitTimeout(SECOND, abort.signal)).toBe(SECOND);
  });

  it('comes before all callbacks', async () => {
    const fence = kernel.mockFence();
    const log: string[] = [];
    fence.addCallback(noting(log, 'a'));
    fence.addCallback(noting(log, 'b'));
    fence.addFirstCallback(noting(log, 'first'));
    fence.signal();
    expect(log).toEqual(['first', 'a', 'b']);
    expect(fence.addFirstCallback(noting(log, 'late'))).toBe(false);
  });
});

describe('a deadline', () => {
  it('reaches the op while the fence is active', () => {
    const setDeadline = vi.fn();
    const fence = kernel.mockFence({ ops: { setDeadline } });
    fence.setDeadline(1000);
    expect(setDeadline).toHaveBeenCalledExactlyOnceWith(fence, 1000);
    fence.signal();
    fence.setDeadline(2000);
    expect(setDeadline).toHaveBeenCalledOnce();
  });

  it('means nothing to a fence without the op', () => {
    expect(() => kernel.mockFence().setDeadline(1000)).not.toThrow();
  });
});

describe('giving a fence up', () => {
  it('fails it with EDEADLK if somebody waits', async () => {
    const fence = kernel.mockFence();
    const waiting = fence.wait();
    expect(await stateOf(waiting)).toBe('pending');
    fence.release();
    expect(await waiting).toBe(-35);
  });

  it('lets it be otherwise, and tells the op', () => {
    const release = vi.fn();
    const fence = kernel.mockFence({ ops: { release } });
    fence.release();
    expect(fence.status).toBe(0);
    expect(release).toHaveBeenCalledExactlyOnceWith(fence);
  });
});

describe('the order of fences', () => {
  it.each([
    [2, 1, true],
    [1, 1, false],
    [1, 2, false],
    [0, 0xffff_ffff, true],
    [0xffff_ffff, 0, false],
    [0x8000_0000, 0, false],
    [0x7fff_ffff, 0, true],
    [2 ** 32 + 1, 2, false],
  ])('wraps around at 32 bits: %d after %d is %s', (a, b, later) => {
    expect(isLaterSeqno(a, b, undefined)).toBe(later);
  });

  it('does not wrap where the kind of fence says so', () => {
    expect(isLaterSeqno(0, 0xffff_ffff, { use64bitSeqno: true })).toBe(false);
    expect(isLaterSeqno(2 ** 32 + 1, 2, { use64bitSeqno: true })).toBe(true);
  });

  it('exists within one context only', () => {
    const context = kernel.allocateContexts();
    const [first, second] = [kernel.mockFence({ context }), kernel.mockFence({ context })];
    expect(second.isLaterThan(first)).toBe(true);
    expect(() => first.isLaterThan(kernel.mockFence())).toThrow(violation('dma_fence_is_later'));
  });
});

describe('contexts', () => {
  it('count from 1, and are handed out in runs', () => {
    const fresh = new Kernel();
    expect(fresh.allocateContexts()).toBe(1);
    expect(fresh.allocateContexts(3)).toBe(2);
    expect(fresh.allocateContexts()).toBe(5);
    expect(() => fresh.allocateContexts(0)).toThrow(violation('dma_fence_context_alloc'));
  });

  it('leave 0 to the stub', () => {
    expect(kernel.stub).toMatchObject({
      context: 0,
      seqno: 0,
      driverName: 'stub',
      timelineName: 'stub',
      status: 1,
      timestamp: 0,
    });
  });
});
