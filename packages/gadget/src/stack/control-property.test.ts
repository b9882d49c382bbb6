import { mock } from '@gadgetloom/backend-mock';
import { isKernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import type { SetupPacket } from '@gadgetloom/udc';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk } from '../definition/endpoints.ts';
import { composeStack } from './compose-stack.ts';
import type { SetupAnswer, SetupRequest } from './setup-request.ts';
import type { Stack } from './stack.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: {
    left: { endpoints: { a: bulk.in() } },
    right: { endpoints: { b: bulk.out() }, allControlRecipients: true, setupBeforeConfiguration: true },
  },
});

/** Everything that a handler can do with a request, right or wrong. */
const behaviours = {
  bytes: () => new Uint8Array(3),
  'too many bytes': () => new Uint8Array(70_000),
  accept: () => true,
  refuse: () => false,
  nothing: () => undefined,
  throw: () => {
    throw new Error('boom');
  },
  reject: () => Promise.reject(new Error('boom')),
  'read and accept': (request: SetupRequest) => request.data().then(() => true),
  'read and refuse': (request: SetupRequest) => request.data().then(() => false),
  'read, look away and accept': (request: SetupRequest) => void request.data().catch(() => {}) === undefined,
  'read, look away and refuse': (request: SetupRequest) => void request.data().catch(() => {}) !== undefined,
  'read late': (request: SetupRequest, stack: Stack) =>
    sleep(stack.clock, 3 * MILLISECOND)
      .then(() => request.data())
      .then(() => true),
  'answer late': (_: SetupRequest, stack: Stack) => sleep(stack.clock, 3 * MILLISECOND).then(() => new Uint8Array(1)),
  'a number': () => 42 as unknown as SetupAnswer,
  null: () => null as unknown as SetupAnswer,
} satisfies Record<string, (request: SetupRequest, stack: Stack) => SetupAnswer | Promise<SetupAnswer>>;

/** A handler of any kind, and a request of any kind; standard requests that would change the device's address are left out. */
const step = fc.record({
  behaviour: fc.constantFrom(...Object.keys(behaviours)) as fc.Arbitrary<keyof typeof behaviours>,
  setup: fc
    .record({
      requestType: fc.integer({ min: 0, max: 255 }),
      request: fc.integer({ min: 0, max: 255 }),
      value: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 0xffff })),
      index: fc.oneof(fc.constantFrom(0, 1, 2, 0x81), fc.integer({ min: 0, max: 0xffff })),
      length: fc.oneof(fc.constantFrom(0, 1, 8, 64), fc.integer({ min: 0, max: 0xffff })),
    })
    .filter(({ requestType, request }) => (requestType & 0x60) !== 0 || request !== 5),
  patience: fc.constantFrom(0, MILLISECOND),
});

/** Sends a request, and tells whether the host was answered, refused, or gave up. */
async function send(
  host: { controlIn: Control<[]>; controlOut: Control<[Uint8Array]> },
  setup: SetupPacket,
  patience: number,
) {
  const timeout = patience === 0 ? [] : [patience];
  try {
    await ((setup.requestType & 0x80) !== 0
      ? host.controlIn(setup, ...timeout)
      : host.controlOut(setup, new Uint8Array(setup.length), ...timeout));
    return 'answered';
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return error.code;
  }
}
type Control<Data extends unknown[]> = (setup: SetupPacket, ...rest: [...Data, timeout?: number]) => Promise<unknown>;

describe('a function', () => {
  it('goes on after any control requests, whatever its handler does with them', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const errors: unknown[] = [];
        let behaviour: keyof typeof behaviours = 'accept';
        const stack: Stack = await composeStack({
          gadget,
          backends: [mock()],
          onError: (error) => void errors.push(error),
          onSetup: (request) => behaviours[behaviour](request, stack),
        });
        const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
        await stack.enabled();
        for (const { setup, patience, ...how } of steps) {
          behaviour = how.behaviour;
          expect(await send(host, setup, patience)).toMatch(/^(answered|EPIPE|ETIMEDOUT)$/);
        }
        behaviour = 'bytes';
        const ask = { requestType: 0xc1, request: 9, value: 0, index: 0, length: 3 };
        await host.setConfiguration(1);
        await stack.enabled();
        // The first request after a late answer may be the one that the late answer belongs to no more.
        await sleep(stack.clock, 10 * MILLISECOND);
        expect(await host.controlIn(ask)).toEqual(new Uint8Array(3));
        const allowed = ['boom', 'answer it with', 'return the answer instead'];
        for (const error of errors)
          expect(
            allowed.some((text) => String(error).includes(text)),
            String(error),
          ).toBe(true);
        await stack.close();
      }),
      { numRuns: 60 },
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    expect(unhandled).toEqual([]);
  });
});
