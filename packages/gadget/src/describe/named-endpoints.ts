import type { ConfigurationTree } from '@gadgetloom/udc';
import type { GadgetDefinition } from '../definition/definition.ts';
import { configurationsOf, isKernelFunction, namedEndpoints } from '../definition/gadget-parts.ts';

/** The endpoint of the gadget behind an address. */
export interface NamedEndpoint {
  /** bConfigurationValue. */
  readonly configuration: number;
  /** bEndpointAddress. */
  readonly address: number;
  /** Full name: `stream.samples`. */
  readonly name: string;
}

/** Names the endpoints. Both lists have the same order, and functions of the kernel have no endpoints in either. */
export function nameEndpoints(gadget: GadgetDefinition, trees: readonly ConfigurationTree[]): NamedEndpoint[] {
  return configurationsOf(gadget).flatMap(({ value, definition }) => {
    const tree = trees.find((candidate) => candidate.value === value);
    const addresses = (tree?.interfaces ?? []).flatMap(({ alternates }) =>
      alternates.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)),
    );
    const names = definition.functions.flatMap((name) => {
      const inner = gadget.functions[name]!;
      return isKernelFunction(inner) ? [] : namedEndpoints(inner).map((endpoint) => `${name}.${endpoint.name}`);
    });
    return addresses.map((address, index) => ({ configuration: value, address, name: names[index] ?? '' }));
  });
}
