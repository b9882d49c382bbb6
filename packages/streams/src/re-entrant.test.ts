import { SECOND, sleep } from '@gadgetloom/core';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mockStack, pattern } from '../test/mock-stack.ts';
import { BufferPool } from './buffer-pool.ts';
import type { TransferCompletion } from './completion.ts';
import { receiveFrom } from './receive-from.ts';
import { settled } from './settled.ts';
import { transferTo } from './transfer-to.ts';

const SIZE = 4096;
const COUNT = 4;

async function setUp(scatterGather: boolean) {
  const made = await mockStack({ scatterGather });
  const pool = BufferPool.allocate(made.stack.exporter, { count: COUNT, size: SIZE });
  return { ...made, pool };
}

type Setup = Awaited<ReturnType<typeof setUp>>;

/** The actions of a program inside a callback. */
const REACTIONS: readonly [string, (setup: Setup) => Promise<unknown> | undefined][] = [
  ['closes the stack', ({ stack }) => stack.close()],
  ['unbinds the gadget', ({ stack }) => stack.usbGadget.unbind()],
  ['takes the pull-up away', ({ stack }) => stack.controller.disconnect()],
  ['waits for the endpoint', ({ source }) => settled(source)],
];

describe.each([
  ['dmabuf', true],
  ['copy', false],
] as const)('a stream of path %s, whose observer', (_, scatterGather) => {
  it.each(REACTIONS)('%s at its first completion, ends once with every buffer back', async (__, react) => {
    const setup = await setUp(scatterGather);
    const { stack, source, host, numbers, clock, pool } = setup;
    const buffers = [...stack.allocate({ count: COUNT, size: SIZE })];
    const seen: TransferCompletion[] = [];
    let ends = 0;
    let reacted: Promise<unknown> | undefined;
    const end = (): void => void ends++;
    from(buffers)
      .pipe(transferTo(source, { depth: COUNT, clock }))
      .subscribe({
        next: (completion) => {
          seen.push(completion);
          reacted ??= react(setup);
        },
        complete: end,
        error: end,
      });
    await host.transferIn(numbers.in, SIZE);
    for (let turn = 0; turn < 3; turn++) await host.transferIn(numbers.in, SIZE).catch(() => undefined);
    await reacted;
    await stack.close();
    await sleep(clock, SECOND);
    expect([ends, seen.length, new Set(seen.map(({ buffer }) => buffer)).size]).toEqual([1, COUNT, COUNT]);
    expect(pool.report().held).toEqual([]);
  });

  it.each(REACTIONS.slice(0, 3))(
    '%s at the first that it receives, ends once with every buffer back',
    async (__, react) => {
      const setup = await setUp(scatterGather);
      const { stack, sink, host, numbers, clock, pool } = setup;
      let ends = 0;
      let reacted: Promise<unknown> | undefined;
      const end = (): void => void ends++;
      receiveFrom(sink, pool, { length: SIZE, clock }).subscribe({
        next: (received) => {
          received.release();
          reacted ??= react(setup);
        },
        complete: end,
        error: end,
      });
      await host.transferOut(numbers.out, pattern(SIZE));
      await reacted;
      await stack.close();
      // A stream that waits for its endpoint looks again before it ends.
      await sleep(clock, SECOND);
      expect(ends).toBe(1);
      expect(pool.report().held).toEqual([]);
    },
  );

  it('starts another stream at its first completion, which goes on after it', async () => {
    const { stack, source, host, numbers, clock } = await setUp(scatterGather);
    const [first, ...others] = [...stack.allocate({ count: COUNT, size: SIZE })];
    const order: string[] = [];
    from([first!])
      .pipe(transferTo(source, { clock }))
      .subscribe({
        next: () => {
          from(others)
            .pipe(transferTo(source, { clock }))
            .subscribe({
              next: () => order.push('second'),
              complete: () => order.push('second ends'),
            });
        },
        complete: () => order.push('first ends'),
      });
    for (let turn = 0; turn < COUNT; turn++) await host.transferIn(numbers.in, SIZE);
    await sleep(clock, SECOND);
    await stack.close();
    expect(order).toEqual(['first ends', 'second', 'second', 'second', 'second ends']);
  });

  it('unsubscribes at its first completion, hears no more of it', async () => {
    const { stack, source, host, numbers, clock } = await setUp(scatterGather);
    const buffers = [...stack.allocate({ count: COUNT, size: SIZE })];
    let heard = 0;
    const subscription = from(buffers)
      .pipe(transferTo(source, { depth: COUNT, clock }))
      .subscribe(() => {
        heard++;
        subscription.unsubscribe();
      });
    await host.transferIn(numbers.in, SIZE);
    await sleep(clock, SECOND);
    await settled(source);
    expect(heard).toBe(1);
    await stack.close();
  });
});
