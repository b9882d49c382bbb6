import { type MockOptions, mock } from '@gadgetloom/backend-mock';
import type { Plugin, TraceSink } from '@gadgetloom/core';
import { bulk, composeStack, defineGadget } from '@gadgetloom/gadget';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { loop: { class: 0xff, endpoints: { source: bulk.in(), sink: bulk.out() } } },
});

/** Makes the same gadget on the mock backend. */
export const mockStack = (options: MockOptions = {}, trace?: TraceSink) => openStack(mock(options), trace);

/** A gadget with a bulk IN and a bulk OUT endpoint on a simulated backend, and the host that it is plugged into. */
export async function openStack(backend: Plugin, trace?: TraceSink) {
  const stack = await composeStack({ gadget, backends: [backend], ...(trace && { trace }) });
  const host = await stack.host();
  await host.open();
  await host.claimInterface(0);
  const [first, second] = host.configuration!.interfaces[0]!.alternate.endpoints;
  const numberOf = (direction: 'in' | 'out') =>
    [first, second].find((endpoint) => endpoint?.direction === direction)!.endpointNumber;
  return {
    stack,
    host,
    source: stack.endpoint('loop.source'),
    sink: stack.endpoint('loop.sink'),
    clock: stack.clock,
    /** Endpoint numbers on the bus. */
    numbers: { in: numberOf('in'), out: numberOf('out') },
  };
}

/** Bytes that depend on their position. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = ((at * 7 + seed) ^ (at >> 8)) & 0xff;
  return bytes;
}
