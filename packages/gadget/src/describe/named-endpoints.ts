import type { ConfigurationTree } from '@gadgetloom/udc';
import type { GadgetDefinition } from '../definition/definition.ts';
import { configurationsOf, functionEndpoints, isKernelFunction } from '../definition/gadget-parts.ts';

/** Which endpoint of the gadget an address is. */
export interface NamedEndpoint {
  /** bConfigurationValue. */
  readonly configuration: number;
  /** bEndpointAddress. */
  readonly address: number;
  /** `stream.samples`. */
  readonly name: string;
}

/** Both sides list the endpoints in the same order; functions of the kernel show none here. */
export function nameEndpoints(gadget: GadgetDefinition, trees: readonly ConfigurationTree[]): NamedEndpoint[] {
  return configurationsOf(gadget).flatMap(({ value, definition }) => {
    const tree = trees.find((candidate) => candidate.value === value);
    const addresses = (tree?.interfaces ?? []).flatMap(({ alternates }) =>
      alternates.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)),
    );
    const names = definition.functions.flatMap((name) => {
      const inner = gadget.functions[name]!;
      return isKernelFunction(inner) ? [] : functionEndpoints(inner).map((endpoint) => `${name}.${endpoint.name}`);
    });
    return addresses.map((address, index) => ({ configuration: value, address, name: names[index] ?? '' }));
  });
}
