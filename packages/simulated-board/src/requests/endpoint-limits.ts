import type { EndpointLimits } from '@gadgetloom/udc';

/** Makes the limits of endpoint 0. */
export function controlEndpoint(name: string, maxPacketLimit: number): EndpointLimits {
  const types = { control: true, isochronous: false, bulk: false, interrupt: false };
  return { name, maxPacketLimit, capabilities: { ...types, in: true, out: true } };
}

/** Makes the limits of an endpoint that serves every type of data transfer. */
export function dataEndpoint(
  name: string,
  maxPacketLimit: number,
  directions: { readonly in: boolean; readonly out: boolean },
): EndpointLimits {
  const types = { control: false, isochronous: true, bulk: true, interrupt: true };
  return { name, maxPacketLimit, capabilities: { ...types, ...directions } };
}
