import { InputError } from '@gadgetloom/core';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import type { DevicePipe } from '@gadgetloom/virtual-host';

/**
 * Finds the host's end of an endpoint. The host sees the endpoints in the gadget's order, but maybe with other
 * addresses.
 *
 * @throws InputError the host does not see it
 */
export function pipeOf<Pipe extends DevicePipe>(
  stack: Stack<GadgetDefinition>,
  device: { endpoints(): readonly Pipe[] },
  endpoint: StackEndpoint,
): Pipe {
  const pipe = device.endpoints()[stack.endpoints.indexOf(endpoint)];
  if (pipe?.direction === endpoint.direction) return pipe;
  throw new InputError(
    `The host chose a configuration without the endpoint ${endpoint.gadgetName} in its first setting.`,
  );
}
