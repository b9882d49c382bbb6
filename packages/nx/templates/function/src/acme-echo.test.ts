import { type MockOptions, mock } from '@gadgetloom/backend-mock';
import { composeStack, defineGadget, describeGadget } from '@gadgetloom/gadget';
import { BufferPool, settled } from '@gadgetloom/streams';
import { lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { acmeEcho, RECORD, runAcmeEcho } from './acme-echo.ts';

const gadget = defineGadget({ vendorId: 0x1d6b, productId: 0x0104, functions: { echo: acmeEcho } });
const record = (seed: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: RECORD }, (_, at) => at * 7 + seed);

/** A device with the function, and the host that it is plugged into. */
async function plugIn(options: MockOptions = {}) {
  const stack = await composeStack({ gadget, backends: [mock(options)], backend: 'mock' });
  const [requests, replies] = [stack.endpoint('echo.requests'), stack.endpoint('echo.replies')];
  const pool = new BufferPool(stack.allocate({ count: 4, size: RECORD }));
  const host = await stack.host();
  await host.open();
  await host.claimInterface(0);
  const [out, into] = host.configuration!.interfaces[0]!.alternate.endpoints.map(
    ({ endpointNumber }) => endpointNumber,
  );
  return {
    replying: runAcmeEcho({ requests, replies, pool, clock: stack.clock }),
    send: (bytes: Uint8Array<ArrayBuffer>) => host.transferOut(out!, bytes),
    receive: async () => new Uint8Array((await host.transferIn(into!, RECORD)).data!.buffer),
    unplug: () => stack.faults.disconnect(),
    /** Buffers that are not back, once nothing is under way. */
    held: async () => {
      await Promise.all([settled(requests), settled(replies)]);
      return pool.report().held;
    },
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe('acme-echo', () => {
  it.each(['full', 'high', 'super'] as const)('sends back what it gets, at %s speed', async (speed) => {
    await using device = await plugIn({ speed });
    const replies = lastValueFrom(device.replying.pipe(take(10), toArray()));
    for (let seed = 0; seed < 10; seed++) {
      await device.send(record(seed));
      expect(await device.receive()).toEqual(record(seed));
    }
    const completions = await replies;
    expect(completions.map(({ status, path }) => [status, path])).toEqual(Array(10).fill(['ok', 'dmabuf']));
    expect(await device.held()).toEqual([]);
  });

  it('copies where the controller takes no buffers', async () => {
    await using device = await plugIn({ scatterGather: false });
    const reply = lastValueFrom(device.replying.pipe(take(1)));
    await device.send(record(1));
    expect(await device.receive()).toEqual(record(1));
    expect(await reply).toMatchObject({ status: 'ok', path: 'copy' });
  });

  it('loses no buffer when the cable is pulled', async () => {
    await using device = await plugIn();
    const running = device.replying.subscribe();
    await device.send(record(1));
    device.unplug();
    running.unsubscribe();
    expect(await device.held()).toEqual([]);
  });

  it('is an interface with two bulk endpoints', async () => {
    const { endpoints } = await describeGadget(gadget);
    expect(endpoints.map(({ name }) => name)).toEqual(['echo.requests', 'echo.replies']);
  });
});
