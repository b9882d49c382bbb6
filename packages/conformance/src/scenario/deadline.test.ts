import { VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { atMost } from './deadline.ts';

describe('something that may take so long at most', () => {
  it('comes to what it comes to while there is time, and no timer is left', async () => {
    const clock = new VirtualClock();
    const soon = new Promise<string>((resolve) => clock.setTimer(9, () => resolve('done')));
    const waiting = atMost(clock, 10, soon, 'late');
    await clock.advance(9);
    expect(await waiting).toBe('done');
    await clock.runUntilIdle();
    expect(clock.now()).toBe(9);
  });

  it('is late after that', async () => {
    const clock = new VirtualClock();
    const waiting = atMost(clock, 10, new Promise<never>(() => {}), 'late');
    await clock.advance(10);
    expect(await waiting).toBe('late');
  });

  it('fails as it fails, and no timer is left', async () => {
    const clock = new VirtualClock();
    await expect(atMost(clock, 10, Promise.reject(new Error('broken')), 'late')).rejects.toThrow('broken');
    await clock.runUntilIdle();
    expect(clock.now()).toBe(0);
  });
});
