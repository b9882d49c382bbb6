import { linux } from '@gadgetloom/backend-linux';
import { bulk, composeStack, defineGadget, type Stack, type StackEndpoint } from '@gadgetloom/gadget';
import type { GadgetSide } from '../gadget-flows.ts';
import { Pump } from './processes.ts';

export type Direction = 'in' | 'out';

/** Vendor and product, as native/usbfs-pump.c wants them. */
export const IDS = ['1d6b', '0104'] as const;

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { samples: bulk.in(), commands: bulk.out() } } },
});

/** Composes a stack as a user would, on the kernel that this runs on. */
export function openDevice(): Promise<Stack> {
  return composeStack({ gadget, backends: [linux({ virtual: true })], backend: 'linux' });
}

export function endpointOf(stack: Stack, direction: Direction): StackEndpoint {
  return stack.endpoint(direction === 'in' ? 'stream.samples' : 'stream.commands');
}

/** The host's end of an endpoint, with requests of `size` bytes queued. */
export async function startHost(stack: Stack, program: string, direction: Direction, size: number): Promise<Pump> {
  const pump = await Pump.start(program, IDS, direction, size);
  await stack.enabled();
  return pump;
}

/** What a flow works with: new buffers for the endpoint of that direction. */
export async function sideOf(stack: Stack, direction: Direction, size: number, depth: number): Promise<GadgetSide> {
  const buffers = [...(await stack.allocate({ count: depth, size }))];
  return { endpoint: endpointOf(stack, direction), clock: stack.clock, buffers, scatterGather: true };
}
