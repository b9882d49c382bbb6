import { setTimeout as delay } from 'node:timers/promises';
import { mock } from '@gadgetloom/backend-mock';
import { KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk } from '../definition/endpoints.ts';
import { composeStack } from '../stack/compose-stack.ts';
import type { OptionsSchema } from './checked-options.ts';
import { defineFunction } from './define-function.ts';
import type { FunctionContext } from './function-context.ts';
import type { Session } from './session.ts';

const shape = { class: 0xff, endpoints: { commands: bulk.out(), replies: bulk.in() } } as const;
type Start = (fn: FunctionContext<typeof shape>) => unknown;

function gadgetOf(start: Start) {
  const careless = defineFunction({ kind: 'careless', describe: () => shape, start });
  return defineGadget({ vendorId: 1, productId: 2, functions: { f: careless() } });
}

async function rig(start: Start) {
  const errors: unknown[] = [];
  const stack = await composeStack({
    gadget: gadgetOf(start),
    backends: [mock()],
    onError: (error) => errors.push(error),
  });
  const device = await stack.host();
  await device.open();
  await device.claimInterface(0);
  const ask = (request: number) =>
    device.controlTransferIn({ requestType: 'vendor', recipient: 'interface', request, value: 0, index: 0 }, 8);
  const tell = (request: number) =>
    device.controlTransferOut({ requestType: 'vendor', recipient: 'interface', request, value: 0, index: 0 });
  const again = async () => {
    await (await stack.hostDevice()).setConfiguration(1);
    await sleep(stack.clock, MILLISECOND);
  };
  return { stack, device, errors, ask, tell, again };
}

const schemaOf = (validate: (value: unknown) => never) =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as OptionsSchema<{ a?: number }>;

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  vi.useRealTimers();
  expect(unhandled).toEqual([]);
});

describe('a function of a careless author', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no file');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no file'))],
  ])('whose start %s is named in the error, and nothing is left', async (_, start) => {
    const closed: string[] = [];
    const failing = (fn: FunctionContext) => {
      fn.onClose(() => void closed.push('f'));
      fn.whileEnabled(() => new Promise(() => {}));
      return start();
    };
    await expect(composeStack({ gadget: gadgetOf(failing), backends: [mock()] })).rejects.toThrow(
      'function "f" (careless) cannot start: no file',
    );
    expect(closed).toEqual(['f']);
  });

  it('whose start waits for the host is told so', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const errors: unknown[] = [];
    const waiting = composeStack({
      gadget: gadgetOf(() => new Promise(() => {})),
      backends: [mock()],
      onError: (error) => errors.push(error),
    });
    waiting.catch(() => {});
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(11_000);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/"f" .*has not started/) })]);
  });

  it('whose tasks end early, throw, are aborted or use a session that has ended goes on', async () => {
    const sessions: Session[] = [];
    const { stack, errors, again } = await rig((fn) => {
      fn.whileEnabled(() => {});
      fn.whileEnabled(() => {
        throw new Error('boom');
      });
      fn.whileEnabled((session) => delay(1_000_000, undefined, { signal: session.signal }));
      fn.whileEnabled(async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new KernelError('ECONNRESET', 'transfer');
      });
      fn.whileEnabled((session) => {
        sessions.push(session);
        // The rejections of these calls are handled nowhere else.
        void session.send('replies', new Uint8Array(1));
        void session.receive('commands');
      });
    });
    for (let round = 0; round < 3; round++) await again();
    await expect(sessions[0]!.send('replies', new Uint8Array(1))).rejects.toThrow(/disabled or reconfigured/);
    await expect(sessions[0]!.receive('commands')).rejects.toThrow(/disabled or reconfigured/);
    for await (const _ of sessions[0]!.transfers('commands')) expect.unreachable();
    await stack.close();
    expect(sessions.length).toBeGreaterThan(1);
    expect(errors.map(String)).toEqual(sessions.map(() => 'Error: boom'));
  });

  it('whose transfer ends before the function learns why is not blamed for it', async () => {
    const { stack, errors, again } = await rig((fn) => {
      fn.whileEnabled(async () => {
        const end = await fn
          .endpoint('commands')
          .read(new Uint8Array(512))
          .catch((error: unknown) => error);
        throw end;
      });
    });
    for (let round = 0; round < 3; round++) await again();
    await stack.close();
    expect(errors).toEqual([]);
  });

  it('whose handlers answer wrongly, late, or are disposed while they run refuses the request and goes on', async () => {
    const { stack, errors, ask, tell } = await rig((fn) => {
      const on = (request: number, handler: () => unknown) =>
        fn.onRequest({ type: 'vendor', request }, handler as () => boolean);
      on(1, () => 'text');
      on(2, () => 42);
      on(3, () => null);
      on(4, () => sleep(fn.clock, MILLISECOND).then(() => Uint8Array.of(4)));
      const once = on(5, () => {
        once[Symbol.dispose]();
        return Uint8Array.of(5);
      });
      on(5, () => Uint8Array.of(6));
      fn.onRequest({ type: 'vendor', request: 7 }, async () => {});
      fn.onEnabled(() => {
        throw new Error('listener');
      });
    });
    for (const request of [1, 2, 3]) expect((await ask(request)).status).toBe('stall');
    expect((await ask(4)).data?.getUint8(0)).toBe(4);
    expect((await ask(5)).data?.getUint8(0)).toBe(5);
    expect((await ask(5)).data?.getUint8(0)).toBe(6);
    expect((await tell(7)).status).toBe('ok');
    await stack.close();
    expect(errors.filter((error) => String(error).includes('answer it with'))).toHaveLength(2);
    expect(errors.filter((error) => String(error).includes('listener')).length).toBeGreaterThan(1);
  });

  it.each(['a task', 'a resource'])('with %s that never ends lets the stack close', async (what) => {
    const { stack, errors } = await rig((fn) => {
      if (what === 'a task') fn.whileEnabled(() => new Promise(() => {}));
      else fn.onClose(() => new Promise(() => {}));
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const closing = stack.close();
    for (let turn = 0; turn < 200; turn++) await vi.advanceTimersByTimeAsync(100);
    await closing;
    expect(errors.map(String).join()).toMatch(/function "f" does not (end|close): /);
  });

  it('whose description fails is named', () => {
    const start = () => {};
    const describing = (describe: () => unknown) =>
      defineFunction({ kind: 'careless', describe: describe as () => typeof shape, start });
    expect(() =>
      describing(() => {
        throw new TypeError('x is not a function');
      })(),
    ).toThrow('careless: describe failed: x is not a function');
    expect(() => describing(async () => shape)()).toThrow(/careless: describe returned a promise/);
    expect(() => describing(() => undefined)()).toThrow(/careless: describe returned undefined/);
  });

  it('whose schema is none, is asynchronous or fails is told so', () => {
    const withSchema = (options: unknown) =>
      defineFunction({
        kind: 'careless',
        options: options as OptionsSchema<{ a?: number }>,
        describe: () => shape,
        start: () => {},
      });
    expect(() => withSchema({ a: 1 })({})).toThrow(/careless: its schema .*Standard Schema/);
    expect(() => withSchema(schemaOf((async () => ({ value: {} })) as () => never))({})).toThrow(/asynchronous/);
  });

  it('has helper functions for any function, and handlers that return nothing', () => {
    const help = (fn: FunctionContext) => {
      fn.onRequest({ request: 1 }, async () => {});
      fn.whileEnabled(async (session) => {
        await feed(session);
      });
      return fn.endpoint('replies').halt;
    };
    const feed = async (session: Session) => session.send('replies', await session.receive('commands'));
    const made = defineFunction({
      kind: 'helped',
      describe: () => shape,
      start: (fn) => {
        help(fn);
        fn.whileEnabled((session) => feed(session));
        // @ts-expect-error: no such endpoint
        const wrong = () => fn.endpoint('nothing');
        // @ts-expect-error: the endpoint is IN
        fn.whileEnabled((session) => session.receive('replies'));
        return wrong;
      },
    });
    expect(made().class).toBe(0xff);
  });
});
