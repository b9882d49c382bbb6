import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MILLISECOND, SECOND } from './clock.ts';
import { SystemClock } from './system-clock.ts';

const day = 24 * 3600 * SECOND;

describe("the machine's clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts nanoseconds from 0', () => {
    vi.advanceTimersByTime(500);
    const clock = new SystemClock();
    expect(clock.now()).toBe(0);
    vi.advanceTimersByTime(1500);
    expect(clock.now()).toBe(1.5 * SECOND);
  });

  it('fires a timer when its delay has passed, and not before', () => {
    const clock = new SystemClock();
    const fired = vi.fn();
    clock.setTimer(2.2 * MILLISECOND, fired);
    vi.advanceTimersByTime(2);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it('waits on where the machine wakes it too early', () => {
    const clock = new SystemClock();
    const fired = vi.fn();
    const early = vi.spyOn(performance, 'now');
    clock.setTimer(10 * MILLISECOND, fired);
    early.mockReturnValue(9.7);
    vi.advanceTimersByTime(10);
    expect(fired).not.toHaveBeenCalled();
    early.mockReturnValue(10.8);
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it('waits for months, which setTimeout cannot', () => {
    const clock = new SystemClock();
    const fired = vi.fn();
    clock.setTimer(60 * day, fired);
    vi.advanceTimersByTime((60 * day) / MILLISECOND - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it('never fires a timer that is infinitely far away', () => {
    new SystemClock().setTimer(Number.POSITIVE_INFINITY, () => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind a cancelled timer, also when it was cancelled twice', () => {
    const clock = new SystemClock();
    const fired = vi.fn();
    const timer = clock.setTimer(-1, fired);
    timer.cancel();
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).not.toHaveBeenCalled();
  });

  it('runs deferred jobs in order, before time moves on', async () => {
    const clock = new SystemClock();
    const order: string[] = [];
    clock.defer(() => order.push('first'));
    clock.defer(() => order.push('second'));
    expect(order).toEqual([]);
    await Promise.resolve();
    expect(order).toEqual(['first', 'second']);
  });
});
