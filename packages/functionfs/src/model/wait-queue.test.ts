import { describe, expect, it } from 'vitest';
import { WaitQueue, type WakeOrder } from './wait-queue.ts';

async function wakeThree(order: WakeOrder): Promise<string[]> {
  const queue = new WaitQueue(order);
  const woken: string[] = [];
  const tasks = ['first', 'second', 'third'].map((task) => queue.sleep('wait').then(() => woken.push(task)));
  queue.wake();
  await Promise.all(tasks);
  return woken;
}

describe('a wait queue', () => {
  it('wakes ordinary tasks in the reverse order of coming (prepare_to_wait_event: head of the queue)', async () => {
    expect(await wakeThree('newest first')).toEqual(['third', 'second', 'first']);
  });

  it('wakes exclusive tasks in the order of coming (prepare_to_wait_event: tail of the queue)', async () => {
    expect(await wakeThree('oldest first')).toEqual(['first', 'second', 'third']);
  });
});
