import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget, describeGadget } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import { AcmeEchoRequest, acmeEcho } from './acme-echo.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { echo: acmeEcho({ prefix: '> ' }), plain: acmeEcho() },
});

/** A device with the function, and the host that it is plugged into. */
async function plugIn(backend: 'mock' | 'dwc3' | 'musb') {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const host = await stack.host();
  await host.open();
  await host.claimInterface(0);
  const [commands, replies] = [stack.endpoint('echo.commands').address!, stack.endpoint('echo.replies').address!];
  const vendor = { requestType: 'vendor', recipient: 'interface', index: 0 } as const;
  return {
    ...{ stack, host, errors },
    send: (text: string) => host.transferOut(commands, new TextEncoder().encode(text)),
    receive: async () => new TextDecoder().decode((await host.transferIn(replies & 0x0f, 1024)).data),
    ask: (request: number, length: number) => host.controlTransferIn({ ...vendor, request, value: 0 }, length),
    tell: (request: number, value: number) => host.controlTransferOut({ ...vendor, request, value }),
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe.each(['mock', 'dwc3', 'musb'] as const)('acme-echo on %s', (backend) => {
  it('answers commands, and counts the answers', async () => {
    await using device = await plugIn(backend);
    for (const text of ['one', 'two', 'x'.repeat(510)]) {
      await device.send(text);
      expect(await device.receive()).toBe(`> ${text}`);
    }
    expect((await device.ask(AcmeEchoRequest.GET_COUNT, 4)).data?.getUint32(0, true)).toBe(3);
    expect(device.stack.function('echo').count).toBe(3);
    expect(device.stack.function('plain').count).toBe(0);
    expect(device.errors).toEqual([]);
  });

  it('is switched off and on, and refuses a value that it does not know', async () => {
    await using device = await plugIn(backend);
    expect((await device.tell(AcmeEchoRequest.SET_ENABLED, 0)).status).toBe('ok');
    await device.send('unheard');
    expect((await device.tell(AcmeEchoRequest.SET_ENABLED, 2)).status).toBe('stall');
    expect((await device.tell(AcmeEchoRequest.SET_ENABLED, 1)).status).toBe('ok');
    await device.send('heard');
    expect(await device.receive()).toBe('> heard');
  });

  it('goes on after the host has reset the device', async () => {
    await using device = await plugIn(backend);
    await device.host.reset();
    await device.host.open();
    await device.host.selectConfiguration(1);
    await device.host.claimInterface(0);
    await device.send('again');
    expect(await device.receive()).toBe('> again');
    expect(device.errors).toEqual([]);
  });
});

it('acme-echo refuses options that it does not have', () => {
  // @ts-expect-error: no such option
  expect(() => acmeEcho({ suffix: '!' })).toThrow('suffix');
});

it('acme-echo is an interface with two bulk endpoints', async () => {
  const { endpoints } = await describeGadget(gadget);
  expect(endpoints.slice(0, 2).map(({ name }) => name)).toEqual(['echo.commands', 'echo.replies']);
});
