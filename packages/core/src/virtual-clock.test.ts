import { describe, expect, it } from 'vitest';
import { MICROSECOND, MILLISECOND, SECOND, sleep } from './clock.ts';
import { macrotask } from './macrotask.ts';
import { VirtualClock } from './virtual-clock.ts';

const turn = (): Promise<void> => new Promise((resolve) => macrotask(resolve));
const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await turn();
};

describe('a virtual clock', () => {
  it('starts at 0', () => {
    expect(new VirtualClock().now()).toBe(0);
  });

  it('lets an hour pass in no time', async () => {
    const clock = new VirtualClock();
    await sleep(clock, 3600 * SECOND);
    expect(clock.now()).toBe(3600 * SECOND);
  });

  it('fires timers by when they are due, then in the order they were set', async () => {
    const clock = new VirtualClock({ auto: false });
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`);
    clock.setTimer(20, note('c'));
    clock.setTimer(10, note('a'));
    clock.setTimer(20, note('d'));
    clock.setTimer(10, note('b'));
    await clock.runUntilIdle();
    expect(fired).toEqual(['a at 10', 'b at 10', 'c at 20', 'd at 20']);
  });

  it('never fires a timer inside the call that sets it', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimer(0, () => {
      fired = true;
    });
    expect(fired).toBe(false);
    await turns(2);
    expect(fired).toBe(true);
  });

  it.each([-5, Number.NaN])('takes a delay of %d for 0', async (delay) => {
    const clock = new VirtualClock();
    await sleep(clock, 7);
    await sleep(clock, delay);
    expect(clock.now()).toBe(7);
  });

  it('never fires a timer that is infinitely far away', async () => {
    const clock = new VirtualClock({ auto: false });
    let fired = false;
    const timer = clock.setTimer(Number.POSITIVE_INFINITY, () => {
      fired = true;
    });
    await clock.advance(SECOND);
    await clock.runUntilIdle();
    timer.cancel();
    expect(fired).toBe(false);
    expect(clock.now()).toBe(SECOND);
  });

  it('runs deferred jobs and what awaits them before time moves on', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(1, () => seen.push(`timer at ${clock.now()}`));
    clock.defer(() => seen.push(`job at ${clock.now()}`));
    clock.defer(() => clock.defer(() => seen.push(`job of a job at ${clock.now()}`)));
    await Promise.resolve()
      .then(() => undefined)
      .then(() => seen.push(`promise at ${clock.now()}`));
    await sleep(clock, 1);
    expect(seen.at(-1)).toBe('timer at 1');
    expect(seen.slice(0, -1).sort()).toEqual(['job at 0', 'job of a job at 0', 'promise at 0']);
  });

  it('lets what a timer set off settle before the next timer of the same instant', async () => {
    const clock = new VirtualClock({ auto: false });
    const seen: string[] = [];
    clock.setTimer(5, async () => {
      seen.push('first');
      await Promise.resolve();
      clock.defer(() => seen.push('its consequence'));
    });
    clock.setTimer(5, () => seen.push('second'));
    await clock.runUntilIdle();
    expect(seen).toEqual(['first', 'its consequence', 'second']);
  });

  it('goes on after a timer that throws', async () => {
    const clock = new VirtualClock({ auto: false });
    clock.setTimer(1, () => {
      throw new Error('a broken model');
    });
    const second = sleep(clock, 2);
    await expect(clock.runUntilIdle()).rejects.toThrow('a broken model');
    await clock.runUntilIdle();
    await second;
    expect(clock.now()).toBe(2);
  });

  describe('cancelling a timer', () => {
    it('keeps it from firing, and is harmless when repeated or too late', async () => {
      const clock = new VirtualClock({ auto: false });
      const fired: string[] = [];
      const early = clock.setTimer(1, () => fired.push('early'));
      const never = clock.setTimer(2, () => fired.push('never'));
      clock.setTimer(3, () => fired.push('late'));
      never.cancel();
      never.cancel();
      await clock.runUntilIdle();
      early.cancel();
      expect(fired).toEqual(['early', 'late']);
    });

    it('does not let time run to where it was due', async () => {
      const clock = new VirtualClock();
      clock.setTimer(SECOND, () => undefined).cancel();
      await sleep(clock, MILLISECOND);
      await turns(3);
      expect(clock.now()).toBe(MILLISECOND);
    });

    it('works from inside a timer of the same instant', async () => {
      const clock = new VirtualClock({ auto: false });
      const fired: string[] = [];
      clock.setTimer(1, () => {
        fired.push('first');
        second.cancel();
      });
      const second = clock.setTimer(1, () => fired.push('second'));
      await clock.runUntilIdle();
      expect(fired).toEqual(['first']);
    });
  });

  describe('that does not run by itself', () => {
    it('stands still', async () => {
      const clock = new VirtualClock({ auto: false });
      let fired = false;
      clock.setTimer(0, () => {
        fired = true;
      });
      await turns(5);
      expect(fired).toBe(false);
      expect(clock.now()).toBe(0);
    });

    it('advances by exactly what is asked', async () => {
      const clock = new VirtualClock({ auto: false });
      const fired: number[] = [];
      const tick = (): void => {
        fired.push(clock.now());
        clock.setTimer(125 * MICROSECOND, tick);
      };
      clock.setTimer(125 * MICROSECOND, tick);
      await clock.advance(300 * MICROSECOND);
      expect(fired).toEqual([125_000, 250_000]);
      expect(clock.now()).toBe(300_000);
      await clock.advance(75 * MICROSECOND);
      expect(fired).toEqual([125_000, 250_000, 375_000]);
    });
  });

  describe('held', () => {
    it('lets no time pass until every hold is given up', async () => {
      const clock = new VirtualClock();
      let fired = false;
      const [first, second] = [clock.hold(), clock.hold()];
      clock.setTimer(1, () => {
        fired = true;
      });
      first[Symbol.dispose]();
      first[Symbol.dispose]();
      await turns(5);
      expect(fired).toBe(false);
      second[Symbol.dispose]();
      await turns(2);
      expect(fired).toBe(true);
    });

    it('still advances when told to', async () => {
      const clock = new VirtualClock();
      using _ = clock.hold();
      const fired: number[] = [];
      clock.setTimer(1, () => fired.push(clock.now()));
      clock.setTimer(9, () => fired.push(clock.now()));
      await clock.advance(5);
      expect(fired).toEqual([1]);
      expect(clock.now()).toBe(5);
    });
  });

  it('does not overshoot while it is advanced, though it runs by itself', async () => {
    const clock = new VirtualClock();
    let late = false;
    clock.setTimer(3, () => undefined);
    clock.setTimer(100, () => {
      late = true;
    });
    await clock.advance(10);
    expect(clock.now()).toBe(10);
    expect(late).toBe(false);
    await turns(2);
    expect(late).toBe(true);
  });

  describe('with a seed', () => {
    const orderOf = async (seed: number): Promise<string> => {
      const clock = new VirtualClock({ seed });
      let order = '';
      for (const name of 'abcdefgh') clock.setTimer(10, () => (order += name));
      clock.setTimer(5, () => (order += '-'));
      await sleep(clock, 20);
      return order;
    };

    it('shuffles timers of the same instant only, the same way each time', async () => {
      const order = await orderOf(1);
      expect(order).toBe(await orderOf(1));
      expect(order[0]).toBe('-');
      expect([...order.slice(1)].sort().join('')).toBe('abcdefgh');
    });

    it('finds different orders with different seeds', async () => {
      const orders = await Promise.all([1, 2, 3, 4, 5].map(orderOf));
      expect(new Set(orders).size).toBe(5);
    });
  });

  it.each([true, false])('lets no time pass while jobs follow jobs (auto: %s)', async (auto) => {
    const clock = new VirtualClock({ auto });
    let left = 2000;
    const times: number[] = [];
    const again = (): void => {
      if (left-- > 0) clock.defer(again);
      else times.push(clock.now());
    };
    clock.defer(again);
    clock.setTimer(5, () => times.push(clock.now()));
    if (auto) await new Promise<void>((resolve) => clock.setTimer(6, resolve));
    else await clock.advance(6);
    expect(times).toEqual([0, 5]);
  });
});
