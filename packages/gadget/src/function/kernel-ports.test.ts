import { mock } from '@gadgetloom/backend-mock';
import { expect, it } from 'vitest';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk } from '../definition/endpoints.ts';
import { kernelFunction } from '../definition/kernel-function.ts';
import { composeStack } from '../stack/compose-stack.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { data: { endpoints: { samples: bulk.in() } }, console: kernelFunction('acm') },
});

it('a serial function of the kernel gives a Duplex to the program', async () => {
  await using stack = await composeStack({ gadget, backends: [mock()] });
  const console = stack.function('console');
  expect(stack.function('console')).toBe(console);
  const device = await stack.host();
  await device.open();
  await device.claimInterface(2);
  const endpoints = device.configuration!.interfaces[2]!.alternate.endpoints;
  const [out, back] = (['out', 'in'] as const).map(
    (towards) => endpoints.find(({ direction }) => direction === towards)!,
  );
  await device.transferOut(out!.endpointNumber, new TextEncoder().encode('hello'));
  console.setEncoding('utf8');
  const chunk = await new Promise((resolve) => console.once('data', resolve));
  expect(chunk).toBe('hello');
  console.write('world');
  const { data } = await device.transferIn(back!.endpointNumber, 512);
  expect(new TextDecoder().decode(data)).toBe('world');
});

it('functions that give nothing are told from those that do', async () => {
  await using stack = await composeStack({ gadget, backends: [mock()] });
  // @ts-expect-error: it has no behaviour
  expect(() => stack.function('data')).toThrow(
    'function "data" gives nothing to the program: it is neither made by defineFunction nor a serial port; those that do ' +
      'are console',
  );
});
