import { describe, expect, it } from 'vitest';
import { PAGE_SIZE } from '../uapi.ts';
import { CoherentPool } from './coherent-pool.ts';

describe('pages for descriptors', () => {
  it('lie beside each other in one array', () => {
    const pool = new CoherentPool();
    const [one, other] = [pool.take(1), pool.take(2)];
    expect(other.memory === one.memory).toBe(true);
    expect(other.offset - one.offset).toBe(PAGE_SIZE);
  });

  it('have an array of their own where they are too many', () => {
    const pool = new CoherentPool();
    const small = pool.take(1);
    const large = pool.take(100);
    expect([large.memory.length, large.offset]).toEqual([100 * PAGE_SIZE, 0]);
    expect(pool.take(1).memory === small.memory).toBe(true);
  });

  it('go on in another array when one is full', () => {
    const pool = new CoherentPool();
    const first = pool.take(38);
    const second = pool.take(5);
    expect(second.memory === first.memory).toBe(false);
    expect(second.offset).toBe(0);
  });

  it('are zeroed when they are used again', () => {
    const pool = new CoherentPool();
    const pages = pool.take(1);
    pages.memory.fill(7, pages.offset, pages.offset + PAGE_SIZE);
    pool.give(1, pages);
    expect(pool.take(2) === pages).toBe(false);
    const again = pool.take(1);
    expect(again === pages).toBe(true);
    expect(again.memory.subarray(again.offset, again.offset + PAGE_SIZE).every((byte) => byte === 0)).toBe(true);
  });
});
