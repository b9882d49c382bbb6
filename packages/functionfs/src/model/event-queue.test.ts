import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setupEvent } from '../../test/bench-controller.ts';
import { EVENT_TYPES, type EventType } from '../event.ts';
import { EventQueue } from './event-queue.ts';

function queueOf(...types: readonly EventType[]): EventQueue {
  const queue = new EventQueue(() => {});
  for (const type of types) queue.add(type);
  return queue;
}

describe('queueing an event', () => {
  // Every row starts with the fullest queues that there can be.
  it.each<[EventType, EventType[], EventType[]]>([
    ['SETUP', ['ENABLE', 'SETUP', 'SUSPEND', 'RESUME'], ['ENABLE', 'RESUME', 'SETUP']],
    ['SETUP', ['BIND', 'SUSPEND', 'SETUP'], ['BIND', 'SUSPEND', 'SETUP']],
    ['SUSPEND', ['RESUME', 'SUSPEND', 'ENABLE', 'SETUP'], ['RESUME', 'ENABLE', 'SETUP', 'SUSPEND']],
    ['RESUME', ['SUSPEND', 'RESUME', 'SUSPEND', 'ENABLE'], ['ENABLE', 'RESUME']],
    ['BIND', ['SUSPEND', 'UNBIND', 'SETUP'], ['SUSPEND', 'BIND']],
    ['UNBIND', ['RESUME', 'SUSPEND', 'DISABLE', 'SETUP'], ['RESUME', 'SUSPEND', 'UNBIND']],
    ['ENABLE', ['BIND', 'SETUP', 'SUSPEND'], ['SUSPEND', 'ENABLE']],
    ['DISABLE', ['ENABLE', 'SETUP', 'RESUME'], ['RESUME', 'DISABLE']],
    ['ENABLE', ['BIND'], ['ENABLE']],
    ['UNBIND', ['ENABLE', 'DISABLE'], ['UNBIND']],
  ])('%s after %j leaves %j', (type, before, after) => {
    const queue = queueOf(...before);
    queue.add(type);
    expect(queue.types).toEqual(after);
  });

  it('never makes more than four, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENT_TYPES), { maxLength: 40 }), (types) => {
        const queue = new EventQueue(() => {});
        for (const type of types) {
          queue.add(type);
          expect(queue.count).toBeLessThanOrEqual(4);
          expect(queue.types.at(-1)).toBe(type);
        }
      }),
      { seed: 4 },
    );
  });

  it('tells who waits', () => {
    const told: EventType[] = [];
    const queue = new EventQueue((type) => told.push(type));
    queue.add('BIND');
    queue.add('BIND');
    expect(told).toEqual(['BIND', 'BIND']);
  });

  it.each(EVENT_TYPES)('cancels a control request that waits for its answer: %s', (type) => {
    const queue = queueOf('SETUP');
    queue.take(1, new Uint8Array(12));
    expect(queue.setupState).toBe('pending');
    queue.add(type);
    expect(queue.setupState).toBe('cancelled');
    expect(queue.clearCancelled()).toBe(true);
    expect(queue.clearCancelled()).toBe(false);
    expect(queue.setupState).toBe('none');
  });
});

describe('taking events', () => {
  it('gives the oldest first, twelve bytes each, and keeps the rest', () => {
    const queue = queueOf('SUSPEND', 'ENABLE');
    const bytes = new Uint8Array(24);
    expect(queue.take(1, bytes)).toBe(12);
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, ...new Array<number>(12).fill(0)]);
    expect(queue.types).toEqual(['ENABLE']);
    expect(queue.setupState).toBe('none');
  });

  it('gives the latest control request, and makes it wait for its answer even if it is not the last event', () => {
    const queue = queueOf();
    queue.addSetup({ requestType: 0xc1, request: 1, value: 2, index: 3, length: 4 });
    const latest = { requestType: 0x41, request: 5, value: 6, index: 7, length: 8 };
    queue.addSetup(latest);
    queue.add('SUSPEND');
    const bytes = new Uint8Array(36);
    expect(queue.take(3, bytes)).toBe(24);
    expect(bytes.subarray(0, 12)).toEqual(setupEvent(latest));
    expect(queue.setupState).toBe('pending');
  });
});
