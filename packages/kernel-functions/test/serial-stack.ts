import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { MILLISECOND, sleep } from '@gadgetloom/core';
import { composeStack, kernelFunction } from '@gadgetloom/gadget';
import { SERIAL_PORTS } from '@gadgetloom/kernel-functions';
import { onTestFinished } from 'vitest';

/** The simulated backends, by name. */
export const BACKENDS = ['mock', 'dwc3', 'musb'] as const;

export type BackendName = (typeof BACKENDS)[number];

/** A gadget with a serial function `console` on a backend, and its port by name. */
export async function serialStack(
  backend: BackendName,
  kernel: 'acm' | 'gser' = 'acm',
  attributes = {},
  speed?: 'high',
) {
  const stack = await composeStack({
    gadget: {
      name: 'g1',
      vendorId: 0x1d6b,
      productId: 0x0104,
      manufacturer: 'Gadgetloom',
      product: 'Console',
      functions: { console: kernelFunction(kernel, attributes) },
    },
    backends: [mock(), dwc3(), musb()],
    backend: speed === undefined ? backend : `${backend}:speed=${speed}`,
  });
  onTestFinished(() => stack.close());
  const ports = stack.resolve(SERIAL_PORTS);
  const address = { gadget: 'g1', type: kernel, instance: 'console' };
  /** Lets milliseconds of the stack's clock pass. */
  const pass = (milliseconds: number) => sleep(stack.clock, milliseconds * MILLISECOND);
  return { stack, ports, address, pass, open: () => ports.open(address) };
}

/** The host's end: the device with its interfaces claimed, and its endpoints. */
export async function serialHost({ stack }: Awaited<ReturnType<typeof serialStack>>) {
  const device = await stack.host();
  await device.open();
  const interfaces = device.configuration?.interfaces ?? [];
  for (const { interfaceNumber } of interfaces) await device.claimInterface(interfaceNumber);
  const endpoints = interfaces.flatMap(({ alternate }) => alternate.endpoints);
  const number = (type: string, direction: string): number =>
    endpoints.find((one) => one.type === type && one.direction === direction)?.endpointNumber ?? 0;
  const [bulkIn, bulkOut, notify] = [number('bulk', 'in'), number('bulk', 'out'), number('interrupt', 'in')];
  const bytesOf = (data: DataView | null | undefined): number[] =>
    data ? [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] : [];
  return {
    device,
    send: (text: string | Uint8Array) =>
      device.transferOut(bulkOut, typeof text === 'string' ? new TextEncoder().encode(text) : text.slice()),
    receive: async (length = 512) => bytesOf((await device.transferIn(bulkIn, length)).data),
    text: async (length = 512) => String.fromCharCode(...bytesOf((await device.transferIn(bulkIn, length)).data)),
    /** The bits of the next SERIAL_STATE. */
    state: async () => bytesOf((await device.transferIn(notify, 10)).data)[8],
    set: (request: number, value: number, data?: Uint8Array, index = 0) =>
      device.controlTransferOut({ requestType: 'class', recipient: 'interface', request, value, index }, data?.slice()),
    get: async (request: number, length: number) =>
      bytesOf(
        (
          await device.controlTransferIn(
            { requestType: 'class', recipient: 'interface', request, value: 0, index: 0 },
            length,
          )
        ).data,
      ),
  };
}
