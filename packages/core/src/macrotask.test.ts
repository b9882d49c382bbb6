import { describe, expect, it } from 'vitest';
import { macrotask, macrotaskOf } from './macrotask.ts';

const runtimes = {
  Node: { setImmediate, setTimeout },
  'a browser': { MessageChannel: globalThis.MessageChannel as never, setTimeout },
  'an engine with timers only': { setTimeout },
};

describe.each(Object.entries(runtimes))('a macrotask in %s', (_, globals) => {
  it('runs after all promise reactions, in the order of asking', async () => {
    const later = macrotaskOf(globals);
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      later(() => order.push('first'));
      later(() => {
        order.push('second');
        later(resolve);
      });
    });
    let reaction = Promise.resolve();
    for (let depth = 0; depth < 20; depth++) reaction = reaction.then(() => undefined);
    reaction.then(() => order.push('promises'));
    await done;
    expect(order).toEqual(['promises', 'first', 'second']);
  });
});

it('does not use timers where there is something faster', () => {
  const setTimeout = (): never => {
    throw new Error('slow');
  };
  expect(() => macrotaskOf({ setImmediate, setTimeout })(() => undefined)).not.toThrow();
  expect(() => macrotaskOf({ ...globalThis, setTimeout } as never)(() => undefined)).not.toThrow();
  expect(macrotask).toBeTypeOf('function');
});
