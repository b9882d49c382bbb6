import { mock } from '@gadgetloom/backend-mock';
import { MILLISECOND, sleep } from '@gadgetloom/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk, interrupt } from '../definition/endpoints.ts';
import { composeStack } from '../stack/compose-stack.ts';
import { defineFunction } from './define-function.ts';

/** Answers each command with the same bytes in reverse, and counts; vendor request 1 sets what it adds to each byte. */
const echo = defineFunction({
  kind: 'echo',
  options: z.strictObject({ add: z.number().int().default(0) }),
  describe: () => ({ class: 0xff, endpoints: { commands: bulk.out(), replies: bulk.in() } }),
  start(fn, { add: first }) {
    let add = first;
    let count = 0;
    fn.onRequest({ type: 'vendor', request: 1, direction: 'out' }, ({ value }) => {
      add = value;
    });
    fn.onRequest({ type: 'vendor', request: 1, direction: 'in' }, () => Uint8Array.of(add));
    fn.onRequest({ type: 'vendor', recipient: 'device', request: 2 }, () => Uint8Array.of(count));
    fn.whileEnabled(async (session) => {
      for await (const command of session.transfers('commands')) {
        count++;
        fn.tell(`${command.length} bytes`);
        await session.send(
          'replies',
          command.toReversed().map((byte) => byte + add),
          { end: true },
        );
      }
    });
    return {
      get count() {
        return count;
      },
    };
  },
});

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { left: echo(), right: echo({ add: 1 }) },
});

async function rig(options: { scatterGather?: boolean } = {}) {
  const errors: unknown[] = [];
  const stack = await composeStack({ gadget, backends: [mock(options)], onError: (error) => errors.push(error) });
  const device = await stack.host();
  await device.open();
  for (const number of [0, 1]) await device.claimInterface(number);
  const ask = async (name: 'left' | 'right', ...bytes: number[]) => {
    const [out, back] = [stack.endpoint(`${name}.commands`).address!, stack.endpoint(`${name}.replies`).address!];
    await device.transferOut(out, Uint8Array.from(bytes));
    const { data } = await device.transferIn(back & 0x7f, 512);
    return [...new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength)];
  };
  return { stack, device, ask, errors };
}

describe('a function that defineFunction made', () => {
  it('runs under each of its names in a gadget, with its own options and state', async () => {
    const { stack, ask, errors } = await rig();
    await using _ = stack;
    expect(await ask('left', 1, 2, 3)).toEqual([3, 2, 1]);
    expect(await ask('right', 1, 2, 3)).toEqual([4, 3, 2]);
    expect(await ask('left', 9)).toEqual([9]);
    expect([stack.function('left').count, stack.function('right').count]).toEqual([2, 1]);
    expectTypeOf(stack.function('left')).toEqualTypeOf<{ readonly count: number }>();
    expect(errors).toEqual([]);
  });

  it('goes on after the host has reconfigured the device, with a command that was waited for', async () => {
    const { stack, device, ask, errors } = await rig();
    await using _ = stack;
    expect(await ask('left', 1, 2)).toEqual([2, 1]);
    const host = await stack.hostDevice();
    for (const value of [1, 0, 1]) await host.setConfiguration(value);
    for (const number of [0, 1]) await device.claimInterface(number);
    expect(await ask('left', 3, 4)).toEqual([4, 3]);
    await device.selectAlternateInterface(0, 0);
    expect(await ask('left', 5, 6)).toEqual([6, 5]);
    expect(errors).toEqual([]);
  });

  it('gets requests to its interface, and requests to the device that it asked for, decoded', async () => {
    const { stack, device, ask } = await rig();
    await using _ = stack;
    const vendor = { requestType: 'vendor', request: 1, value: 7 } as const;
    await device.controlTransferOut({ ...vendor, recipient: 'interface', index: 1 });
    expect(await ask('right', 1)).toEqual([8]);
    const left = await device.controlTransferIn({ ...vendor, recipient: 'interface', index: 0 }, 8);
    expect(left.data?.getUint8(0)).toBe(0);
    const counted = await device.controlTransferIn({ ...vendor, recipient: 'device', request: 2, index: 0 }, 8);
    expect(counted.data?.getUint8(0)).toBe(0);
    const other = await device.controlTransferIn({ ...vendor, recipient: 'device', request: 3, index: 0 }, 8);
    expect(other.status).toBe('stall');
  });

  it('halts an endpoint while it waits for a command, and the command comes after the host has cleared the halt', async () => {
    const { stack, device, ask, errors } = await rig();
    await using _ = stack;
    await ask('left', 1);
    const commands = stack.endpoint('left.commands');
    await commands.halt();
    expect((await device.transferOut(commands.address!, Uint8Array.of(1))).status).toBe('stall');
    await device.clearHalt('out', commands.address!);
    expect(await ask('left', 1, 2)).toEqual([2, 1]);
    expect(errors).toEqual([]);
  });

  it('receives a transfer that ends with a full packet, if it has the size that is waited for', async () => {
    const reports = defineFunction({
      kind: 'reports',
      describe: () => ({ class: 0xff, endpoints: { reports: interrupt.out({ packetSize: 8 }) } }),
      start: (fn) => ({ next: () => fn.endpoint('reports').receive({ size: 8 }) }),
    });
    const definition = defineGadget({ vendorId: 1, productId: 2, functions: { f: reports() } });
    await using stack = await composeStack({ gadget: definition, backends: [mock()] });
    const device = await stack.host();
    await device.open();
    await device.claimInterface(0);
    const next = stack.function('f').next();
    await device.transferOut(stack.endpoint('f.reports').address!, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(await next).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  });

  it('reports the error of a task, and runs it again in the next session', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const failing = defineFunction({
      kind: 'failing',
      describe: () => ({ endpoints: { a: bulk.in() } }),
      start(fn) {
        fn.whileEnabled(() => {
          runs++;
          throw new Error('boom');
        });
      },
    });
    const definition = defineGadget({ vendorId: 1, productId: 2, functions: { f: failing() } });
    await using stack = await composeStack({
      gadget: definition,
      backends: [mock()],
      onError: (error) => errors.push(error),
    });
    const device = await stack.host();
    await device.open();
    await device.selectConfiguration(1);
    await sleep(stack.clock, MILLISECOND);
    expect(runs).toBeGreaterThan(1);
    expect(errors).toHaveLength(runs);
  });

  it('keeps its buffers until its tasks have ended', async () => {
    const errors: unknown[] = [];
    const slow = defineFunction({
      kind: 'slow',
      describe: () => ({ endpoints: { a: bulk.out() } }),
      start(fn) {
        const buffers = fn.allocate({ count: 1, size: 4096 });
        fn.whileEnabled(async (session) => {
          await session.receive('a').catch(() => {});
          for (let turn = 0; turn < 100; turn++) await undefined;
          buffers.at(0).bytes().fill(1);
        });
      },
    });
    const definition = defineGadget({ vendorId: 1, productId: 2, functions: { f: slow() } });
    const onError = (error: unknown): void => void errors.push(error);
    const stack = await composeStack({ gadget: definition, backends: [mock()], onError });
    await stack.host();
    await stack.close();
    expect(errors).toEqual([]);
  });

  it('refuses wrong options where they are written', () => {
    expect(() => echo({ add: 'x' as unknown as number })).toThrow(/^echo: add: .*expected number/);
    // @ts-expect-error: no such option
    expect(() => echo({ sub: 1 })).toThrow(/sub/);
  });
});
