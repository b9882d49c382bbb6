import { MICROSECOND, MILLISECOND, VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { BusSchedule, type BusUser } from './bus-schedule.ts';
import { busTimes } from './bus-times.ts';

/** Somebody with so many turns to take; writes down when each was over. */
class Turns implements BusUser {
  readonly over: number[] = [];
  enlisted = false;
  nextFrame = 0;
  left: number;
  readonly clock: VirtualClock;
  readonly longestTurn: number;
  readonly interval: number;

  constructor(clock: VirtualClock, longestTurn: number, left: number, interval: number) {
    this.clock = clock;
    this.longestTurn = longestTurn;
    this.left = left;
    this.interval = interval;
  }

  transact(): number {
    return this.left > 0 ? this.longestTurn : 0;
  }
  settle(): boolean {
    this.left--;
    this.over.push(this.clock.now() / MICROSECOND);
    return this.left > 0;
  }
}

function bus() {
  const clock = new VirtualClock({ auto: false });
  const schedule = new BusSchedule(clock, busTimes('high'));
  const user = (turn: number, left: number, interval = 0) => new Turns(clock, turn * MICROSECOND, left, interval);
  return { clock, schedule, user };
}

describe('a bus that takes time', () => {
  it('begins no turn that would not end in its frame', async () => {
    const { clock, schedule, user } = bus();
    const one = user(40, 5);
    schedule.enlist(one);
    await clock.runUntilIdle();
    expect(one.over).toEqual([40, 80, 120, 165, 205]);
  });

  it('lets its users take turns', async () => {
    const { clock, schedule, user } = bus();
    const [one, two] = [user(10, 3), user(20, 2)];
    schedule.enlist(one);
    schedule.enlist(two);
    await clock.runUntilIdle();
    expect(one.over).toEqual([10, 40, 70]);
    expect(two.over).toEqual([30, 60]);
  });

  it('serves periodic users once per interval, before the others', async () => {
    const { clock, schedule, user } = bus();
    const [bulk, periodic] = [user(60, 9), user(5, 3, 2)];
    schedule.enlist(bulk);
    schedule.enlist(periodic);
    await clock.runUntilIdle();
    expect(periodic.over).toEqual([5, 255, 505]);
    expect(bulk.over.slice(0, 5)).toEqual([65, 125, 185, 245, 315]);
  });

  it('waits for the interval of a user that comes late', async () => {
    const { clock, schedule, user } = bus();
    const periodic = user(5, 2, 8);
    await clock.advance(300 * MICROSECOND);
    schedule.enlist(periodic);
    await clock.runUntilIdle();
    expect(periodic.over).toEqual([1005, 2005]);
  });

  it('gives a turn that is longer than a frame all of it', async () => {
    const { clock, schedule, user } = bus();
    const one = user(200, 2);
    schedule.enlist(one);
    await clock.runUntilIdle();
    expect(one.over).toEqual([200, 400]);
  });

  it('costs nothing while nobody uses it', async () => {
    const { clock, schedule, user } = bus();
    const one = user(10, 1);
    schedule.enlist(one);
    schedule.enlist(one);
    await clock.runUntilIdle();
    expect(clock.now()).toBe(10 * MICROSECOND);
    expect(one.over).toEqual([10]);
    one.left = 1;
    await clock.advance(MILLISECOND);
    schedule.enlist(one);
    await clock.runUntilIdle();
    expect(one.over).toEqual([10, 1020]);
  });
});
