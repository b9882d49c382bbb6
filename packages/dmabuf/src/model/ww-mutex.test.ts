import { describe, expect, it } from 'vitest';
import { kernelError, settle, stateOf, violation } from '../../test/kernel.ts';
import { AcquireContext, WwClass, WwMutex } from './ww-mutex.ts';

const wwClass = new WwClass();

describe('the lock of a reservation', () => {
  it('is taken and given back', async () => {
    const lock = new WwMutex();
    expect(lock.tryLock()).toBe(true);
    expect(lock.locked).toBe(true);
    expect(lock.tryLock()).toBe(false);
    lock.unlock();
    expect(lock.locked).toBe(false);
    await lock.lock();
    expect(lock.locked).toBe(true);
  });

  it('is handed on in the order of waiting', async () => {
    const lock = new WwMutex();
    const log: string[] = [];
    lock.tryLock();
    const take = async (name: string): Promise<void> => {
      await lock.lock();
      log.push(name);
      lock.unlock();
    };
    const all = Promise.all(['a', 'b', 'c'].map(take));
    await settle();
    expect(log).toEqual([]);
    lock.unlock();
    expect(lock.tryLock()).toBe(false);
    await all;
    expect(log).toEqual(['a', 'b', 'c']);
    expect(lock.locked).toBe(false);
  });

  it('is not given back twice', () => {
    const lock = new WwMutex();
    lock.tryLock();
    lock.unlock();
    expect(() => lock.unlock()).toThrow(violation('ww_mutex_unlock'));
  });

  it('can be waited for with an interruption', async () => {
    const lock = new WwMutex();
    lock.tryLock();
    const abort = new AbortController();
    const [given, interrupted, next] = [lock.lock(), lock.lock(undefined, abort.signal), lock.lock()];
    abort.abort();
    await expect(interrupted).rejects.toThrow(kernelError('EINTR'));
    await expect(lock.lock(undefined, abort.signal)).rejects.toThrow(kernelError('EINTR'));
    lock.unlock();
    await given;
    lock.unlock();
    await next;
    lock.unlock();
    await lock.lock(undefined, abort.signal);
    expect(lock.locked).toBe(true);
  });

  it('is not given to whoever was interrupted, nor taken from whoever got it', async () => {
    const lock = new WwMutex();
    lock.tryLock();
    const abort = new AbortController();
    const waiting = lock.lock(undefined, abort.signal);
    lock.unlock();
    abort.abort();
    await waiting;
    expect(lock.locked).toBe(true);
  });
});

describe('several locks at once', () => {
  it('are counted by their context', async () => {
    const context = new AcquireContext(wwClass);
    const [a, b] = [new WwMutex(), new WwMutex()];
    await a.lock(context);
    await b.lock(context);
    expect(context.acquired).toBe(2);
    expect(() => context.finish()).toThrow(violation('ww_acquire_fini'));
    a.unlock();
    b.unlock();
    expect(context.acquired).toBe(0);
    context.finish();
  });

  it('are refused to a context that has one already', async () => {
    const context = new AcquireContext(wwClass);
    const lock = new WwMutex();
    await lock.lock(context);
    await expect(lock.lock(context)).rejects.toThrow(kernelError('EALREADY'));
  });

  it('end when the context is done', async () => {
    const context = new AcquireContext(wwClass);
    context.done();
    await expect(new WwMutex().lock(context)).rejects.toThrow(violation('ww_mutex_lock'));
  });

  it('make the younger give way: it dies rather than wait for the older', async () => {
    const [older, younger] = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const [a, b] = [new WwMutex(), new WwMutex()];
    await a.lock(older);
    await b.lock(younger);
    await expect(a.lock(younger)).rejects.toThrow(kernelError('EDEADLK'));
    const waiting = b.lock(older);
    expect(await stateOf(waiting)).toBe('pending');
    b.unlock();
    await waiting;
    // The younger starts over with the lock that it gave way on.
    const slow = a.lockSlow(younger);
    a.unlock();
    b.unlock();
    await slow;
    await b.lock(younger);
    expect(younger.acquired).toBe(2);
  });

  it('let a younger one wait that holds nothing', async () => {
    const [older, younger] = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const lock = new WwMutex();
    await lock.lock(older);
    const waiting = lock.lock(younger);
    expect(await stateOf(waiting)).toBe('pending');
    lock.unlock();
    await waiting;
  });

  it('go to older contexts first', async () => {
    const contexts = [new AcquireContext(wwClass), new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const lock = new WwMutex();
    lock.tryLock();
    const log: number[] = [];
    const take = async (at: number): Promise<void> => {
      await lock.lock(contexts[at]);
      log.push(at);
      lock.unlock();
    };
    const all = Promise.all([take(2), take(0), take(1)]);
    lock.unlock();
    await all;
    expect(log).toEqual([0, 1, 2]);
  });

  it('do not let those without a context starve', async () => {
    const contexts = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const lock = new WwMutex();
    lock.tryLock();
    const log: string[] = [];
    const take = async (name: string, context?: AcquireContext): Promise<void> => {
      await lock.lock(context);
      log.push(name);
      lock.unlock();
    };
    const all = Promise.all([take('plain'), take('younger', contexts[1]), take('older', contexts[0])]);
    lock.unlock();
    await all;
    expect(log).toEqual(['plain', 'older', 'younger']);
  });

  it('make a waiting younger one give way when an older one comes to wait', async () => {
    const [older, younger] = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const [own, wanted] = [new WwMutex(), new WwMutex()];
    wanted.tryLock();
    await own.lock(younger);
    const dying = wanted.lock(younger);
    dying.catch(() => {});
    expect(await stateOf(dying)).toBe('pending');
    const waiting = wanted.lock(older);
    await expect(dying).rejects.toThrow(kernelError('EDEADLK'));
    own.unlock();
    wanted.unlock();
    await waiting;
  });

  it('make one give way that would queue behind an older one', async () => {
    const [older, younger] = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const [own, wanted] = [new WwMutex(), new WwMutex()];
    wanted.tryLock();
    const waiting = wanted.lock(older);
    await own.lock(younger);
    await expect(wanted.lock(younger)).rejects.toThrow(kernelError('EDEADLK'));
    wanted.unlock();
    await waiting;
  });

  it('are taken again in the right order after giving way, or it is reported', async () => {
    const [older, younger] = [new AcquireContext(wwClass), new AcquireContext(wwClass)];
    const [a, b, other] = [new WwMutex(), new WwMutex(), new WwMutex()];
    await a.lock(older);
    await b.lock(younger);
    await expect(a.lock(younger)).rejects.toThrow(kernelError('EDEADLK'));
    await expect(other.lock(younger)).rejects.toThrow(violation('ww_mutex_lock'));
    expect(() => a.lockSlow(younger)).toThrow(violation('ww_mutex_lock_slow'));
    b.unlock();
    await expect(other.lock(younger)).rejects.toThrow(violation('ww_mutex_lock'));
    a.unlock();
    await a.lockSlow(younger);
    await other.lock(younger);
  });

  it('never deadlock: everybody gets all locks in the end', async () => {
    const locks = Array.from({ length: 4 }, () => new WwMutex());
    let finished = 0;
    const worker = async (order: readonly number[]): Promise<void> => {
      const context = new AcquireContext(wwClass);
      let slow: WwMutex | undefined;
      for (;;) {
        const held: WwMutex[] = [];
        let contended: WwMutex | undefined;
        if (slow !== undefined) {
          await slow.lockSlow(context);
          held.push(slow);
        }
        for (const at of order) {
          const lock = locks[at]!;
          if (held.includes(lock)) continue;
          try {
            await lock.lock(context);
            held.push(lock);
            await settle();
          } catch (error) {
            expect(error).toEqual(kernelError('EDEADLK'));
            contended = lock;
            break;
          }
        }
        for (const lock of held) lock.unlock();
        if (contended === undefined) break;
        slow = contended;
      }
      context.finish();
      finished++;
    };
    await Promise.all(
      [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 3, 0, 2],
        [2, 0, 3, 1],
      ].map(worker),
    );
    expect(finished).toBe(4);
    expect(locks.some((lock) => lock.locked)).toBe(false);
  });
});
