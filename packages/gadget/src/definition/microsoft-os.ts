import type { GadgetDefinition } from './definition.ts';
import { configurationsOf, interfacesOf, programFunctions } from './gadget-parts.ts';
import type { InterfaceMicrosoftOs } from './host-definition.ts';
import { numberOf } from './numbers.ts';

/**
 * Numbers of the two requests that the kernel answers itself. It takes every vendor request with the first number from
 * the functions (composite.c, composite_setup). Functions count their requests from 0 or 1, so both are far from there;
 * 0xcd is the number that the kernel's users have for Microsoft OS descriptors by custom.
 */
export const DEFAULT_VENDOR_CODES = { microsoftOs: 0xcd, webUsb: 0xce } as const;

/** What a gadget tells Windows. */
export interface MicrosoftOsPlan {
  readonly vendorCode: number;
  readonly signature: string | undefined;
  /** Label of the configuration that is described. */
  readonly label: string;
  /** bConfigurationValue of it; `undefined` if the definition does not have that configuration. */
  readonly configuration: number | undefined;
}

/** The Microsoft OS descriptors of a gadget; `undefined` if neither it nor one of its interfaces has any. */
export function microsoftOsPlan(gadget: GadgetDefinition): MicrosoftOsPlan | undefined {
  const { microsoftOs } = gadget;
  if (microsoftOs === undefined && describedInterfaces(gadget).length === 0) return undefined;
  const configurations = configurationsOf(gadget);
  const label = microsoftOs?.configuration ?? configurations[0]?.label ?? '';
  return {
    vendorCode: numberOf(microsoftOs?.vendorCode ?? DEFAULT_VENDOR_CODES.microsoftOs),
    signature: microsoftOs?.signature,
    label,
    configuration: configurations.find((one) => one.label === label)?.value,
  };
}

/** The interfaces that tell Windows something, with the names of their functions. */
export function describedInterfaces(gadget: GadgetDefinition): { function: string; os: InterfaceMicrosoftOs }[] {
  return programFunctions(gadget).flatMap(([name, definition]) =>
    interfacesOf(definition).flatMap(({ definition: { microsoftOs } }) =>
      microsoftOs === undefined ? [] : [{ function: name, os: microsoftOs }],
    ),
  );
}
