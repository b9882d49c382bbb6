import { MILLISECOND, SECOND } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, settle, stateOf, violation } from '../../test/kernel.ts';
import { FenceArray } from './fence-array.ts';
import { Reservation } from './reservation.ts';
import { ReservationCursor } from './reservation-cursor.ts';
import { Usage, usageRw } from './usage.ts';

const kernel = new Kernel();
const { KERNEL, WRITE, READ, BOOKKEEP } = Usage;

/** A reservation that is locked and has room for `room` fences. */
function lockedReservation(room = 4): Reservation {
  const resv = new Reservation(kernel);
  resv.tryLock();
  resv.reserve(room);
  return resv;
}

function slotsOf(resv: Reservation): [unknown, Usage][] {
  const { fences = [], usages = [] } = resv.slots ?? {};
  return fences.map((fence, at) => [fence, usages[at]!]);
}

describe('whom to wait for', () => {
  it('is everybody for a writer, and writers for a reader', () => {
    expect(usageRw(true)).toBe(READ);
    expect(usageRw(false)).toBe(WRITE);
  });

  it.each([
    [KERNEL, [true, true, true, true]],
    [WRITE, [false, true, true, true]],
    [READ, [false, false, true, true]],
    [BOOKKEEP, [false, false, false, true]],
  ] as const)('a fence of class %d is seen by queries of its class and above', (usage, seen) => {
    const resv = new Reservation(kernel);
    const fence = kernel.mockFence();
    kernel.add(resv, fence, usage);
    for (const query of [KERNEL, WRITE, READ, BOOKKEEP]) {
      expect(resv.testSignaled(query)).toBe(!seen[query]);
      expect(resv.fences(query)).toEqual(seen[query] ? [fence] : []);
    }
    fence.signal();
    expect(resv.testSignaled(BOOKKEEP)).toBe(true);
  });
});

describe('reserving slots', () => {
  it('starts with a few', () => {
    const resv = new Reservation(kernel);
    expect(resv).toMatchObject({ capacity: 0, count: 0 });
    resv.tryLock();
    resv.reserve(1);
    expect(resv.capacity).toBe(5);
  });

  it('starts with as many as are wanted, rounded up', () => {
    expect(lockedReservation(5).capacity).toBe(13 - 4);
    expect(lockedReservation(9).capacity).toBe(21);
  });

  it('doubles when they run out, and drops what has signaled', () => {
    const resv = lockedReservation(5);
    resv.reserve(9);
    const { capacity } = resv;
    const fences = Array.from({ length: 9 }, () => kernel.mockFence());
    for (const fence of fences) resv.add(fence, READ);
    fences[3]!.signal();
    fences[7]!.signal();
    resv.reserve(1);
    expect(resv.capacity).toBeGreaterThanOrEqual(2 * capacity);
    expect(slotsOf(resv)).toEqual(fences.filter((_, at) => at !== 3 && at !== 7).map((fence) => [fence, READ]));
  });

  it('keeps signaled fences as long as there is room', () => {
    const resv = lockedReservation();
    resv.add(kernel.doneFence(), READ);
    resv.reserve(4);
    expect(resv.count).toBe(1);
  });

  it('needs a number', () => {
    expect(() => lockedReservation(0)).toThrow(kernelError('EINVAL'));
  });

  it('is forgotten with the lock', () => {
    const resv = lockedReservation(4);
    resv.unlock();
    resv.tryLock();
    expect(() => resv.add(kernel.mockFence(), READ)).toThrow(violation('dma_resv_add_fence'));
  });

  it('is not added up', () => {
    const resv = lockedReservation(1);
    resv.reserve(1);
    resv.add(kernel.mockFence(), READ);
    expect(() => resv.add(kernel.mockFence(), READ)).toThrow(violation('dma_resv_add_fence'));
  });
});

describe('adding a fence', () => {
  it('appends', () => {
    const resv = lockedReservation();
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    resv.add(a, READ);
    resv.add(b, WRITE);
    expect(slotsOf(resv)).toEqual([
      [a, READ],
      [b, WRITE],
    ]);
  });

  it('takes the first slot whose fence has signaled, whatever it stood for', () => {
    const resv = lockedReservation();
    const fences = [kernel.mockFence(), kernel.mockFence(), kernel.mockFence()];
    for (const fence of fences) resv.add(fence, KERNEL);
    fences[1]!.signal();
    fences[2]!.signal();
    const added = kernel.mockFence();
    resv.add(added, BOOKKEEP);
    expect(slotsOf(resv)).toEqual([
      [fences[0], KERNEL],
      [added, BOOKKEEP],
      [fences[2], KERNEL],
    ]);
  });

  it.each([
    ['the same usage', READ, READ, true],
    ['a stronger usage', READ, WRITE, true],
    ['a weaker usage', WRITE, READ, false],
  ] as const)('a later one of the same context with %s', (_name, before, after, replaced) => {
    const context = kernel.allocateContexts();
    const [old, later] = [kernel.mockFence({ context }), kernel.mockFence({ context })];
    const resv = lockedReservation();
    resv.add(old, before);
    resv.add(later, after);
    expect(slotsOf(resv)).toEqual(
      replaced
        ? [[later, after]]
        : [
            [old, before],
            [later, after],
          ],
    );
  });

  it('never replaces a later one, or one of equal seqno, by an earlier', () => {
    const context = kernel.allocateContexts();
    for (const seqno of [4, 5]) {
      const [old, added] = [kernel.mockFence({ context, seqno: 5 }), kernel.mockFence({ context, seqno })];
      const resv = lockedReservation();
      resv.add(old, READ);
      resv.add(added, READ);
      expect(resv.count).toBe(2);
    }
  });

  it('replaces itself', () => {
    const fence = kernel.mockFence();
    const resv = lockedReservation();
    resv.add(fence, READ);
    resv.add(fence, WRITE);
    expect(slotsOf(resv)).toEqual([[fence, WRITE]]);
  });

  it('takes none apart', () => {
    const array = new FenceArray(kernel, [kernel.mockFence()], kernel.allocateContexts(), 1, false);
    expect(() => lockedReservation().add(array, READ)).toThrow(violation('dma_resv_add_fence'));
  });
});

describe('replacing the fences of a context', () => {
  it('puts the new one into each of their slots, signaled or not', () => {
    const context = kernel.allocateContexts();
    const [a, b] = [kernel.mockFence({ context }), kernel.mockFence({ context })];
    const [other, replacement] = [kernel.mockFence(), kernel.mockFence()];
    const resv = lockedReservation();
    resv.add(a, WRITE);
    resv.add(other, READ);
    resv.add(b, READ);
    resv.replace(context, replacement, BOOKKEEP);
    expect(slotsOf(resv)).toEqual([
      [replacement, BOOKKEEP],
      [other, READ],
      [replacement, BOOKKEEP],
    ]);
  });

  it('does nothing to an empty reservation', () => {
    const resv = new Reservation(kernel);
    resv.tryLock();
    resv.replace(1, kernel.mockFence(), READ);
    expect(resv.count).toBe(0);
  });
});

describe('what needs the lock', () => {
  const resv = new Reservation(kernel);
  const fence = kernel.mockFence();

  it.each([
    ['dma_resv_reserve_fences', () => resv.reserve(1)],
    ['dma_resv_add_fence', () => resv.add(fence, READ)],
    ['dma_resv_replace_fences', () => resv.replace(1, fence, READ)],
    ['dma_resv_copy_fences', () => resv.copyFrom(new Reservation(kernel))],
    ['dma_resv_iter_first', () => new ReservationCursor(resv, READ).first()],
    ['dma_resv_iter_next', () => new ReservationCursor(resv, READ).next()],
    ['dma_resv_iter_first', () => resv.describe()],
    ['ww_mutex_unlock', () => resv.unlock()],
  ])('%s reports that it is missing', (operation, call) => {
    expect(call).toThrow(violation(operation));
  });
});

describe('waiting', () => {
  it('takes no time if there is nothing to wait for', async () => {
    const resv = new Reservation(kernel);
    expect(await resv.wait(BOOKKEEP, 0)).toBe(1);
    expect(await resv.wait(BOOKKEEP, SECOND)).toBe(SECOND);
  });

  it('only looks when there is no time', async () => {
    const resv = new Reservation(kernel);
    kernel.add(resv, kernel.doneFence(), WRITE);
    kernel.add(resv, kernel.mockFence(), READ);
    expect(await resv.wait(WRITE, 0)).toBe(1);
    expect(await resv.wait(READ, 0)).toBe(0);
  });

  it('goes through the fences one by one with the time that is left', async () => {
    const resv = new Reservation(kernel);
    const fences = [kernel.mockFence(), kernel.mockFence()];
    for (const fence of fences) kernel.add(resv, fence, READ);
    kernel.clock.setTimer(3 * MILLISECOND, () => fences[1]!.signal(-5));
    kernel.clock.setTimer(4 * MILLISECOND, () => fences[0]!.signal());
    expect(await resv.wait(READ, 10 * MILLISECOND)).toBe(6 * MILLISECOND);
  });

  it('has one time for all fences together', async () => {
    const resv = new Reservation(kernel);
    const fences = [kernel.mockFence(), kernel.mockFence()];
    for (const fence of fences) kernel.add(resv, fence, READ);
    const start = kernel.clock.now();
    kernel.clock.setTimer(3 * MILLISECOND, () => fences[0]!.signal());
    kernel.clock.setTimer(8 * MILLISECOND, () => fences[1]!.signal());
    expect(await resv.wait(READ, 5 * MILLISECOND)).toBe(0);
    expect(kernel.clock.now() - start).toBe(5 * MILLISECOND);
    expect(await resv.wait(READ, 5 * MILLISECOND)).toBe(2 * MILLISECOND);
  });

  it('gives up when the time is up', async () => {
    const resv = new Reservation(kernel);
    kernel.add(resv, kernel.mockFence(), READ);
    const start = kernel.clock.now();
    expect(await resv.wait(READ, 5 * SECOND)).toBe(0);
    expect(kernel.clock.now() - start).toBe(5 * SECOND);
  });

  it('can be interrupted', async () => {
    const resv = new Reservation(kernel);
    kernel.add(resv, kernel.mockFence(), READ);
    const abort = new AbortController();
    const waiting = resv.wait(READ, undefined, abort.signal);
    expect(await stateOf(waiting)).toBe('pending');
    abort.abort();
    await expect(waiting).rejects.toThrow(kernelError('ERESTARTSYS'));
  });

  it('does not see fences that are appended meanwhile', async () => {
    const resv = new Reservation(kernel);
    const [first, late] = [kernel.mockFence(), kernel.mockFence()];
    kernel.add(resv, first, READ);
    const waiting = resv.wait(READ);
    await settle();
    kernel.add(resv, late, READ);
    first.signal();
    expect(await waiting).toBe(Number.POSITIVE_INFINITY);
    expect(late.status).toBe(0);
  });

  it('starts over when the slots are exchanged', async () => {
    const resv = new Reservation(kernel);
    const fences = Array.from({ length: 6 }, () => kernel.mockFence());
    for (const fence of fences.slice(0, 5)) kernel.add(resv, fence, READ);
    const waiting = resv.wait(READ);
    await settle();
    kernel.add(resv, fences[5]!, READ);
    expect(resv.capacity).toBeGreaterThan(5);
    for (const fence of fences.slice(0, 5)) fence.signal();
    expect(await stateOf(waiting)).toBe('pending');
    fences[5]!.signal();
    await waiting;
  });
});

describe('all fences as one', () => {
  it('is nothing, the fence itself, or an array of a new context', () => {
    const resv = new Reservation(kernel);
    expect(resv.singleton(READ)).toBe(undefined);
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    kernel.add(resv, kernel.doneFence(), READ);
    kernel.add(resv, a, READ);
    expect(resv.singleton(READ)).toBe(a);
    kernel.add(resv, b, WRITE);
    const array = resv.singleton(READ) as FenceArray;
    expect(array).toMatchObject({ driverName: 'dma_fence_array', seqno: 1, fences: [a, b] });
    expect(array.context).toBe(kernel.allocateContexts() - 1);
    expect(resv.singleton(WRITE)).toBe(b);
  });
});

describe('copying', () => {
  it('takes over what has not signaled, with its usage, and forgets what was there', () => {
    const [source, target] = [new Reservation(kernel), new Reservation(kernel)];
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    kernel.add(source, a, KERNEL);
    kernel.add(source, b, BOOKKEEP);
    const done = kernel.mockFence();
    kernel.add(source, done, READ);
    done.signal();
    kernel.add(target, kernel.mockFence(), WRITE);
    target.tryLock();
    target.copyFrom(source);
    expect(slotsOf(target)).toEqual([
      [a, KERNEL],
      [b, BOOKKEEP],
    ]);
    target.copyFrom(new Reservation(kernel));
    expect(target).toMatchObject({ count: 0, capacity: 0 });
  });
});

describe('a deadline', () => {
  it('reaches the fences up to a usage that are active', () => {
    const setDeadline = vi.fn();
    const resv = new Reservation(kernel);
    const [written, read] = [kernel.mockFence({ ops: { setDeadline } }), kernel.mockFence({ ops: { setDeadline } })];
    kernel.add(resv, written, WRITE);
    kernel.add(resv, read, READ);
    resv.setDeadline(WRITE, 99);
    expect(setDeadline.mock.calls).toEqual([[written, 99]]);
  });
});

describe('describing', () => {
  it('lists usage, fence and state up to READ, in the order of the slots', () => {
    const resv = new Reservation(kernel);
    const context = kernel.allocateContexts();
    kernel.add(resv, kernel.mockFence({ context, seqno: 1 }), READ);
    kernel.add(resv, kernel.mockFence({ seqno: 2 }), BOOKKEEP);
    kernel.add(resv, kernel.mockFence({ seqno: 3 }), KERNEL);
    resv.slots?.fences[0]?.signal();
    resv.tryLock();
    expect(resv.describe()).toEqual([
      'read fence:mock mock seq 1 signalled',
      'kernel fence:mock mock seq 3 unsignalled',
    ]);
  });
});

describe('work that needs the lock', () => {
  it('is done at once if the lock is free, and gives it back', () => {
    const resv = new Reservation(kernel);
    const job = vi.fn(() => expect(resv.locked).toBe(true));
    resv.whenLocked(job);
    expect(job).toHaveBeenCalledOnce();
    expect(resv.locked).toBe(false);
    expect(() =>
      resv.whenLocked(() => {
        throw new Error('broken job');
      }),
    ).toThrow('broken job');
    expect(resv.locked).toBe(false);
  });

  it('waits for its turn otherwise', async () => {
    const resv = new Reservation(kernel);
    resv.tryLock();
    const job = vi.fn();
    resv.whenLocked(job);
    await settle();
    expect(job).not.toHaveBeenCalled();
    resv.unlock();
    await settle();
    expect(job).toHaveBeenCalledOnce();
    expect(resv.locked).toBe(false);
  });
});
