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

/** Returns the name of the function that an interface belongs to. @param configuration bConfigurationValue */
export type InterfaceOwner = (configuration: number, interfaceNumber: number) => string | undefined;

/**
 * Names the endpoints. The endpoints of a function have the same order in its definition and in its descriptors. Those of
 * a function of the kernel have the name of the function.
 */
export function nameEndpoints(
  gadget: GadgetDefinition,
  trees: readonly ConfigurationTree[],
  ownerOf: InterfaceOwner,
): NamedEndpoint[] {
  return configurationsOf(gadget).flatMap(({ value, definition }) => {
    const names = new Map(
      definition.functions.map((name) => {
        const inner = gadget.functions[name]!;
        return [name, isKernelFunction(inner) ? [] : namedEndpoints(inner).map((one) => `${name}.${one.name}`)];
      }),
    );
    const tree = trees.find((candidate) => candidate.value === value);
    return (tree?.interfaces ?? []).flatMap(({ number, alternates }) => {
      const owner = ownerOf(value, number) ?? '';
      const addresses = alternates.flatMap(({ endpoints }) => endpoints.map(({ address }) => address));
      return addresses.map((address) => ({ configuration: value, address, name: names.get(owner)?.shift() ?? owner }));
    });
  });
}
