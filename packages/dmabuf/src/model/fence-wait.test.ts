import { MILLISECOND } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel, kernelError, stateOf } from '../../test/kernel.ts';
import { waitForAnyFence } from './fence-wait.ts';

const kernel = new Kernel();

describe('waiting for any of several fences', () => {
  it('ends with the first that signals, and leaves the others alone', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence(), kernel.mockFence()];
    kernel.clock.setTimer(MILLISECOND, () => fences[1]!.signal());
    expect(await waitForAnyFence(fences, 5 * MILLISECOND)).toEqual({ remaining: 4 * MILLISECOND, index: 1 });
    expect(fences[0]!.status).toBe(0);
  });

  it('does not wait if one has signaled', async () => {
    const fences = [kernel.mockFence(), kernel.doneFence(-5), kernel.doneFence()];
    expect(await waitForAnyFence(fences, MILLISECOND)).toEqual({ remaining: MILLISECOND, index: 1 });
    expect(await waitForAnyFence(fences, 0)).toEqual({ remaining: 1, index: 1 });
  });

  it('ends when the time is up', async () => {
    expect(await waitForAnyFence([kernel.mockFence()], MILLISECOND)).toEqual({ remaining: 0, index: -1 });
    expect(await waitForAnyFence([kernel.mockFence()], 0)).toEqual({ remaining: 0, index: -1 });
  });

  it('needs a fence and a time', async () => {
    await expect(waitForAnyFence([])).rejects.toThrow(kernelError('EINVAL'));
    await expect(waitForAnyFence([kernel.mockFence()], -1)).rejects.toThrow(kernelError('EINVAL'));
  });

  it('can be interrupted', async () => {
    const abort = new AbortController();
    const waiting = waitForAnyFence([kernel.mockFence()], undefined, abort.signal);
    expect(await stateOf(waiting)).toBe('pending');
    abort.abort();
    await expect(waiting).rejects.toThrow(kernelError('ERESTARTSYS'));
    await expect(waitForAnyFence([kernel.mockFence()], undefined, abort.signal)).rejects.toThrow(
      kernelError('ERESTARTSYS'),
    );
  });
});
