import { kernelInterfaceCount } from '@gadgetloom/udc/kernel-functions';
import type { FunctionDefinition, GadgetDefinition } from './definition.ts';
import { configurationsOf, interfacesOf, isKernelFunction, isUsedFunction } from './gadget-parts.ts';

/** Where a function is in a configuration. */
export interface FunctionPlace {
  /** Label of the configuration. */
  readonly label: string;
  /** bConfigurationValue. */
  readonly value: number;
  /** bInterfaceNumber of its first interface; `undefined` behind a function whose interfaces cannot be counted. */
  readonly firstInterface: number | undefined;
}

/**
 * The configurations that have a function, with the number of its first interface in each. The kernel counts the
 * interfaces of a configuration in the order of its functions (composite.c, usb_interface_id).
 */
export function placesOf(gadget: GadgetDefinition, name: string): FunctionPlace[] {
  return configurationsOf(gadget).flatMap(({ label, value, definition }) => {
    const index = definition.functions.indexOf(name);
    if (index < 0) return [];
    const before = definition.functions.slice(0, index).map((other) => interfaceCount(gadget.functions[other]));
    const firstInterface = before.every((count) => count !== undefined)
      ? before.reduce((sum, count) => sum + count, 0)
      : undefined;
    return [{ label, value, firstInterface }];
  });
}

/** How many interfaces a function has; `undefined` if it is not known. */
export function interfaceCount(definition: FunctionDefinition | undefined): number | undefined {
  if (definition === undefined || isUsedFunction(definition)) return undefined;
  if (isKernelFunction(definition)) return kernelInterfaceCount(definition.kernel, definition.attributes);
  return interfacesOf(definition).length;
}
