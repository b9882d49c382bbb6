import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobQueue } from './job-queue.ts';
import { macrotask } from './macrotask.ts';

const settled = (): Promise<void> => new Promise((resolve) => macrotask(resolve));

/** Collects what is reported as uncaught while `run` runs, in place of the test runner. */
async function uncaughtDuring(run: () => Promise<void>): Promise<unknown[]> {
  const listeners = process.listeners('uncaughtException');
  const caught: unknown[] = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error));
  try {
    await run();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return caught;
}

describe('a job queue', () => {
  it('never runs a job inside the call that adds it', async () => {
    const jobs = new JobQueue();
    let ran = false;
    jobs.add(() => {
      ran = true;
    });
    expect(ran).toBe(false);
    await settled();
    expect(ran).toBe(true);
  });

  it('runs what some work adds directly after it, without a microtask, and at once only what was there then', async () => {
    const jobs = new JobQueue();
    const order: string[] = [];
    jobs.run(() => {
      jobs.add(() => {
        order.push('first');
        jobs.add(() => order.push('later'));
      });
      jobs.run(() => jobs.add(() => order.push('second')));
      order.push('work');
    });
    expect(order).toEqual(['work', 'first', 'second']);
    await settled();
    expect(order).toEqual(['work', 'first', 'second', 'later']);
  });

  it('keeps the order where jobs wait already', async () => {
    const jobs = new JobQueue();
    const order: string[] = [];
    jobs.add(() => order.push('first'));
    jobs.run(() => jobs.add(() => order.push('second')));
    expect(order).toEqual([]);
    await settled();
    expect(order).toEqual(['first', 'second']);
  });

  it('runs the jobs of work that throws', () => {
    const jobs = new JobQueue();
    let ran = false;
    const work = (): void => {
      jobs.add(() => {
        ran = true;
      });
      throw new Error('work');
    };
    expect(() => jobs.run(work)).toThrow('work');
    expect(ran).toBe(true);
  });

  it('runs a job that is added by a job after the promises that settled before it', async () => {
    const jobs = new JobQueue();
    const order: string[] = [];
    jobs.add(() => {
      order.push('first');
      Promise.resolve().then(() => order.push('promise'));
      jobs.add(() => order.push('third'));
    });
    jobs.add(() => order.push('second'));
    await settled();
    expect(order).toEqual(['first', 'second', 'promise', 'third']);
  });

  it('keeps the order of adding, however many wait and whoever adds them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 300 }), { maxLength: 12 }), async (batches) => {
        const jobs = new JobQueue();
        const ran: number[] = [];
        let added = 0;
        const addBatch = (index: number): void => {
          const size = batches[index] ?? 0;
          for (let job = 0; job < size; job++) {
            const number = added++;
            jobs.add(() => {
              ran.push(number);
              if (job === size - 1) addBatch(index + 1);
            });
          }
        };
        addBatch(0);
        addBatch(1);
        await settled();
        expect(ran).toEqual(Array.from({ length: added }, (_, index) => index));
      }),
    );
  });

  it('reports what a job throws as uncaught, and runs the others all the same', async () => {
    const jobs = new JobQueue();
    const order: string[] = [];
    const first = new Error('first');
    const second = new Error('second');
    const caught = await uncaughtDuring(async () => {
      jobs.add(() => {
        jobs.add(() => order.push('added by a job that throws'));
        throw first;
      });
      jobs.add(() => order.push('behind it'));
      jobs.add(() => {
        throw second;
      });
      await settled();
      jobs.add(() => order.push('later'));
      await settled();
    });
    expect(caught).toEqual([first, second]);
    expect(order).toEqual(['behind it', 'added by a job that throws', 'later']);
  });

  it('leaves the runtime its turn, however long jobs add jobs', async () => {
    const queue = new JobQueue();
    let rounds = 0;
    let stop = false;
    const again = (): void => {
      rounds++;
      if (!stop) queue.add(again);
    };
    queue.add(again);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    stop = true;
    expect(rounds).toBeGreaterThan(1);
    expect(queue.idle).toBe(false);
  });
});
