import { mock } from '@gadgetloom/backend-mock';
import { KernelError, MILLISECOND, sleep, TraceRecorder } from '@gadgetloom/core';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it, vi } from 'vitest';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk } from '../definition/endpoints.ts';
import { composeStack } from './compose-stack.ts';
import type { StackEvent } from './function-control.ts';
import type { SetupAnswer, SetupHandler, SetupRequest } from './setup-request.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: {
    left: { endpoints: { a: bulk.in() } },
    right: { endpoints: { b: bulk.in() }, allControlRecipients: true },
  },
});

/** A stack and its host, with what went wrong where nobody waited for it. */
async function connected(onSetup?: SetupHandler) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock()], onError, ...(onSetup && { onSetup }) });
  const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  await stack.enabled();
  return { stack, host, errors };
}

const VENDOR_IN = 0xc1;
const VENDOR_OUT = 0x41;
/** A vendor request to interface 0. */
const ask = (length: number) => ({ requestType: VENDOR_IN, request: 7, value: 3, index: 0, length });
const send = (length: number) => ({ ...ask(length), requestType: VENDOR_OUT });
const stalled = expect.objectContaining({ code: 'EPIPE' });

describe('a control request of the host', () => {
  it('is answered with bytes, as many as the host wants', async () => {
    const { stack, host } = await connected(({ setup }) => Uint8Array.of(setup.request, setup.value, 5));
    expect(await host.controlIn(ask(64))).toEqual(Uint8Array.of(7, 3, 5));
    expect(await host.controlIn(ask(2))).toEqual(Uint8Array.of(7, 3));
    await stack.close();
  });

  it('names the function that it is for', async () => {
    const asked: string[] = [];
    const { stack, host } = await connected((request) => {
      asked.push(`${request.function} ${request.direction} ${request.setup.index}`);
      return true;
    });
    await host.controlOut(send(0));
    await host.controlOut({ ...send(0), index: 1 });
    await host.controlOut({ ...send(0), requestType: 0x40 });
    expect(asked).toEqual(['left out 0', 'right out 0', 'right out 0']);
    await stack.close();
  });

  it('brings data, which reading accepts', async () => {
    const received: Uint8Array[] = [];
    const { stack, host } = await connected(async (request) => {
      received.push(await request.data(), await request.data());
      return true;
    });
    expect(await host.controlOut(send(3), Uint8Array.of(1, 2, 3))).toBe(3);
    // The next request is not looked at before this one is done with.
    await host.controlOut(send(0));
    expect(received.slice(0, 2)).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)]);
    await stack.close();
  });

  it('can be accepted without looking at its data, or without any', async () => {
    const { stack, host, errors } = await connected(() => true);
    expect(await host.controlOut(send(3), Uint8Array.of(1, 2, 3))).toBe(3);
    expect(await host.controlOut(send(0))).toBe(0);
    expect(await host.controlIn(ask(8))).toEqual(new Uint8Array(0));
    expect(errors).toEqual([]);
    await stack.close();
  });

  it.each<[string, SetupHandler | undefined]>([
    ['refused', () => false],
    ['left to nobody', () => undefined],
    ['not handled at all', undefined],
  ])('stalls when it is %s', async (_, handler) => {
    const { stack, host, errors } = await connected(handler);
    await expect(host.controlIn(ask(8))).rejects.toEqual(stalled);
    await expect(host.controlOut(send(2), Uint8Array.of(1, 2))).rejects.toEqual(stalled);
    await expect(host.controlOut(send(0))).rejects.toEqual(stalled);
    expect(errors).toEqual([]);
    await stack.close();
  });

  it('goes from handler to handler, until one answers', async () => {
    const asked: number[] = [];
    const handler =
      (number: number, answer: SetupAnswer): SetupHandler =>
      () => {
        asked.push(number);
        return answer;
      };
    const { stack, host } = await connected(handler(1, undefined));
    const second = stack.onSetup(handler(2, Uint8Array.of(2)));
    stack.onSetup(handler(3, Uint8Array.of(3)));
    expect(await host.controlIn(ask(1))).toEqual(Uint8Array.of(2));
    second[Symbol.dispose]();
    expect(await host.controlIn(ask(1))).toEqual(Uint8Array.of(3));
    expect(asked).toEqual([1, 2, 1, 3]);
    await stack.close();
  });

  it('stalls when its handler throws, and the error is not lost', async () => {
    const { stack, host, errors } = await connected(() => Promise.reject(new Error('boom')));
    await expect(host.controlIn(ask(1))).rejects.toEqual(stalled);
    expect(errors).toEqual([new Error('boom')]);
    await stack.close();
  });

  it.each<[string, SetupHandler]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('boom'))],
  ])('whose handler %s goes to the trace, and without one to the console', async (_, boom) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const trace of [new TraceRecorder(), undefined]) {
      const stack = await composeStack({ gadget, backends: [mock()], onSetup: boom, ...(trace && { trace }) });
      const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
      await expect(host.controlIn(ask(1))).rejects.toEqual(stalled);
      await expect(host.controlOut(send(0))).rejects.toEqual(stalled);
      const traced = trace?.events.filter(({ what }) => what === 'error').map(({ details }) => details);
      expect(traced).toEqual(trace && Array(2).fill({ name: 'Error', message: 'boom' }));
      expect(printed).toHaveBeenCalledTimes(trace ? 0 : 2);
      await stack.close();
    }
    expect(printed.mock.calls[0]).toContainEqual(new Error('boom'));
    printed.mockRestore();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('worse');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('worse'))],
  ])('stalls also when onError itself %s', async (_, onError) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const onSetup = ({ setup }: SetupRequest) => (setup.value === 3 ? Promise.reject(new Error('boom')) : true);
    const stack = await composeStack({ gadget, backends: [mock()], onSetup, onError });
    const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
    await expect(host.controlIn(ask(1))).rejects.toEqual(stalled);
    expect(await host.controlOut({ ...send(0), value: 4 })).toBe(0);
    expect(printed.mock.calls[0]).toContainEqual(new Error('worse'));
    await stack.close();
    printed.mockRestore();
  });

  it('whose data is called off by the host is no error', async () => {
    const { stack, host, errors } = await connected(async (request) => {
      await sleep(stack.clock, 2 * MILLISECOND);
      await request.data();
      return true;
    });
    await expect(host.controlOut(send(1), Uint8Array.of(1), MILLISECOND)).rejects.toBeInstanceOf(KernelError);
    expect(await host.controlOut(send(1), Uint8Array.of(1))).toBe(1);
    expect(errors).toEqual([]);
    await stack.close();
  });

  it('whose data is read after the answer takes nothing from the next request', async () => {
    let first: SetupRequest | undefined;
    const { stack, host } = await connected((request) => {
      first ??= request;
      return request !== first;
    });
    await expect(host.controlOut(send(2), Uint8Array.of(1, 2))).rejects.toEqual(stalled);
    await expect(first?.data()).rejects.toMatchObject({ code: 'ESRCH' });
    expect(await host.controlOut(send(2), Uint8Array.of(3, 4))).toBe(2);
    await stack.close();
  });

  it.each<[string, unknown]>([
    ['a number', 42],
    ['null', null],
    ['text', 'hello'],
    ['a list', [1, 2]],
  ])('is refused when the answer is %s, and the error says what is allowed', async (_, answer) => {
    const { stack, host, errors } = await connected(() => answer as SetupAnswer);
    await expect(host.controlIn(ask(1))).rejects.toEqual(stalled);
    await expect(host.controlOut(send(1), Uint8Array.of(1))).rejects.toEqual(stalled);
    const refusal = { code: 'EINVAL', message: expect.stringContaining('answer it with bytes (a Uint8Array), true') };
    expect(errors).toMatchObject([refusal, refusal]);
    await stack.close();
  });

  it('cannot be answered against its direction', async () => {
    const { stack, host, errors } = await connected((request) =>
      request.direction === 'out' ? Uint8Array.of(1) : request.data(),
    );
    await expect(host.controlOut(send(1), Uint8Array.of(1))).rejects.toEqual(stalled);
    await expect(host.controlIn(ask(1))).rejects.toEqual(stalled);
    expect(errors).toMatchObject([
      { code: 'EINVAL', message: expect.stringContaining('answer it with true or false') },
      { code: 'EINVAL', message: expect.stringContaining('return the answer instead') },
    ]);
    await stack.close();
  });

  it.each(['before', 'after'])('may be answered too late, %s the host has asked for something else', async (order) => {
    let late: ((answer: SetupAnswer) => void) | undefined;
    const { stack, host, errors } = await connected(({ setup }) =>
      setup.value === 3 ? new Promise<SetupAnswer>((resolve) => (late = resolve)) : Uint8Array.of(1),
    );
    await expect(host.controlIn(ask(4), MILLISECOND)).rejects.toBeInstanceOf(KernelError);
    const next = host.controlIn({ ...ask(4), value: 4 });
    if (order === 'after') await sleep(stack.clock, MILLISECOND);
    late?.(Uint8Array.of(9));
    expect(await next).toEqual(Uint8Array.of(1));
    expect(errors).toEqual([]);
    await stack.close();
  });
});

describe('the events of a stack', () => {
  const words = ({ function: name, type }: StackEvent) => `${name} ${type}`;

  it('tell what the host does, function by function', async () => {
    const { stack, host } = await connected();
    const heard: string[] = [];
    const listening = stack.onEvent((event) => void heard.push(words(event)));
    await stack.resolve(VIRTUAL_HOST).suspend();
    await stack.resolve(VIRTUAL_HOST).resume();
    await host.setConfiguration(0);
    await host.setConfiguration(1);
    await stack.enabled();
    expect(heard.filter((event) => event.startsWith('left'))).toEqual([
      'left ENABLE',
      'left SUSPEND',
      'left RESUME',
      'left DISABLE',
      'left ENABLE',
    ]);
    listening[Symbol.dispose]();
    await host.setConfiguration(0);
    expect(heard).toHaveLength(10);
    await stack.close();
  });

  it('can be read one by one, until the stack is closed', async () => {
    const { stack, host } = await connected();
    const heard: string[] = [];
    const reading = (async () => {
      for await (const event of stack.events()) heard.push(words(event));
    })();
    await host.controlIn(ask(1)).catch(() => {});
    await stack.close();
    await reading;
    expect(heard.slice(0, 3)).toEqual(['left ENABLE', 'right ENABLE', 'left SETUP']);
    expect(await stack.events().next()).toEqual({ value: undefined, done: true });
  });

  it('are kept for a reader who is slow, and forgotten when he leaves', async () => {
    const { stack, host } = await connected();
    const events = stack.events();
    await host.setConfiguration(0);
    await host.setConfiguration(1);
    await stack.enabled();
    const types = [await events.next(), await events.next(), await events.next()].map(({ value }) => value?.type);
    expect(types).toEqual(['ENABLE', 'ENABLE', 'DISABLE']);
    await events.return?.();
    expect(await events.next()).toEqual({ value: undefined, done: true });
    await stack.close();
  });

  it.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    [
      'is rejected',
      async () => {
        throw new Error('boom');
      },
    ],
  ])('go on for the others when a listener %s', async (_, listener) => {
    const { stack, host, errors } = await connected();
    const heard: string[] = [];
    stack.onEvent(listener);
    stack.onEvent((event) => void heard.push(words(event)));
    await host.setConfiguration(0);
    await host.setConfiguration(1);
    await stack.enabled();
    expect(heard).toContain('right ENABLE');
    expect(errors.length).toBe(heard.length);
    await stack.close();
  });

  it('say when the gadget is enabled again', async () => {
    const { stack, host } = await connected();
    await host.setConfiguration(0);
    const disabled = stack.events();
    const again = stack.enabled();
    await host.setConfiguration(1);
    await again;
    await disabled.return?.();
    await stack.close();
  });
});
