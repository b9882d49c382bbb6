import { MILLISECOND } from '@gadgetloom/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attention, type Work } from './attention.ts';

/** Work that takes a millisecond to look at, and is there at the given looks. */
class ScriptedWork implements Work {
  readonly log: string[] = [];
  looks = 0;
  missed = false;
  readonly #there: (look: number) => boolean;

  constructor(there: (look: number) => boolean) {
    this.#there = there;
  }

  begin(): void {
    this.log.push('begin');
  }

  serve(): boolean {
    vi.advanceTimersByTime(1);
    this.looks++;
    const there = this.#there(this.looks);
    if (there) this.log.push('work');
    return there;
  }

  pause(): void {
    this.log.push('pause');
  }

  rest(): boolean {
    this.log.push('rest');
    const { missed } = this;
    this.missed = false;
    return missed;
  }
}

const vigilance = { patience: 20 * MILLISECOND, slice: 5 * MILLISECOND };
const microtasks = async (): Promise<void> => {
  for (let count = 0; count < 100; count++) await undefined;
};

describe('attention', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setImmediate', 'setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Gives the event loop its turns until nothing waits for one. */
  async function turns(): Promise<number> {
    let count = 0;
    for (await microtasks(); vi.getTimerCount() > 0; await microtasks()) {
      vi.advanceTimersToNextTimer();
      count++;
    }
    return count;
  }

  it('begins with a kick, and rests when there was nothing to do for as long as its patience', async () => {
    const work = new ScriptedWork((look) => look === 3);
    const attention = new Attention(work, vigilance);
    expect(work.log).toEqual([]);
    attention.wake();
    await turns();
    expect(work.log[0]).toBe('begin');
    expect(work.log.filter((it) => it === 'rest' || it === 'work')).toEqual(['work', 'rest']);
    expect(work.looks).toBe(23);
    attention.wake();
    await turns();
    expect(work.log.filter((it) => it === 'begin').length).toBe(2);
  });

  it('gives the event loop its turn after each slice, whether there is work or not', async () => {
    const work = new ScriptedWork((look) => look <= 50);
    new Attention(work, vigilance).wake();
    await microtasks();
    expect(work.looks).toBe(5);
    expect(await turns()).toBe(13);
  });

  it('lets microtasks run between two looks', async () => {
    const seen: number[] = [];
    const work = new ScriptedWork((look) => {
      queueMicrotask(() => seen.push(work.looks));
      return look === 1;
    });
    new Attention(work, vigilance).wake();
    await turns();
    expect(seen).toEqual(Array.from({ length: work.looks }, (_, index) => index + 1));
  });

  it('tells of pauses, and goes on if something came while it was about to rest', async () => {
    const work = new ScriptedWork(() => false);
    work.missed = true;
    new Attention(work, vigilance).wake();
    await turns();
    expect(work.log.filter((it) => it === 'rest').length).toBe(2);
    expect(work.log.filter((it) => it === 'pause').length).toBeGreaterThan(2);
    expect(work.log.at(-1)).toBe('rest');
  });

  it('rests at once without patience', async () => {
    const work = new ScriptedWork((look) => look <= 2);
    new Attention(work, { ...vigilance, patience: 0 }).wake();
    await turns();
    expect(work.looks).toBe(3);
    expect(work.log).toEqual(['begin', 'work', 'work', 'pause', 'rest']);
  });

  it('is awake once, however often it is woken', async () => {
    const work = new ScriptedWork(() => false);
    const attention = new Attention(work, vigilance);
    attention.wake();
    attention.wake();
    await turns();
    expect(work.log.filter((it) => it === 'begin')).toEqual(['begin']);
  });

  it('ends when it is stopped, also by the work itself', async () => {
    const work = new ScriptedWork((look) => {
      if (look === 2) attention.stop();
      return true;
    });
    const attention = new Attention(work, vigilance);
    attention.wake();
    expect(await turns()).toBe(0);
    attention.wake();
    expect(work.looks).toBe(2);
  });
});
