import { InputError } from '@gadgetloom/core';
import {
  encodeDescriptors,
  encodeStrings,
  type FunctionDescriptor,
  type FunctionDescriptors,
  type Rejection,
  validateDescriptors,
  validateStrings,
} from '@gadgetloom/functionfs';
import type { StringTable } from '@gadgetloom/udc';
import type { AlternateDefinition, GadgetDefinition, ProgramFunction } from '../definition/definition.ts';
import { endpointsOf, interfacesOf, namedEndpoints, type PlacedEndpoint } from '../definition/gadget-parts.ts';
import { numberOf } from '../definition/numbers.ts';
import { fieldName } from '../definition/problem.ts';
import { languagesOf, plainLanguage, textIn } from '../definition/strings.ts';
import { endpointDescriptors } from './endpoint-descriptors.ts';
import { type DescribedSpeed, describedSpeeds } from './speed.ts';

/** bInterfaceClass of interfaces that set none: vendor specific. */
const VENDOR_SPECIFIC = 0xff;

/** An endpoint of a function, and the file that FunctionFS makes for it. */
export interface EndpointPlan {
  /** Name inside the function: `samples`. */
  readonly name: string;
  /** Every name inside the function. */
  readonly names: readonly string[];
  /** `ep1`, `ep2` ... in the order of the descriptors. */
  readonly file: string;
  /** Number in the descriptors that the stack writes. The controller may move it. */
  readonly number: number;
  readonly placed: PlacedEndpoint;
}

/** The bytes that the stack writes to ep0 of a function. */
export interface FunctionBlobs {
  readonly descriptors: Uint8Array;
  readonly strings: Uint8Array;
}

/** The endpoints of a function in the order of their files. */
export function endpointPlans(definition: ProgramFunction): EndpointPlan[] {
  const endpoints = namedEndpoints(definition);
  // Each endpoint has its own number while there are enough; after that, IN and OUT share numbers.
  const shared = endpoints.length > 15;
  const next = { in: 1, out: 1 };
  return endpoints.map(({ placed, name, names }, index) => {
    const number = shared ? next[placed.definition.direction]++ : index + 1;
    return { name, names, file: `ep${index + 1}`, number, placed };
  });
}

/**
 * Makes the bytes for ep0 of a function: descriptors for each speed, and strings for each language.
 *
 * @throws InputError FunctionFS would refuse them
 */
export function functionBlobs(gadget: GadgetDefinition, name: string, definition: ProgramFunction): FunctionBlobs {
  const tables = stringTables(gadget, definition);
  const descriptors = encodeDescriptors(functionDescriptors(gadget, definition));
  const strings = encodeStrings(tables);
  accepted(name, 'descriptors', validateDescriptors(descriptors));
  accepted(name, 'strings', validateStrings(strings, tables[0]?.strings.length ?? 0));
  return { descriptors, strings };
}

function accepted(name: string, what: string, rejection: Rejection | undefined): void {
  if (rejection === undefined) return;
  throw new InputError(
    `FunctionFS would refuse the ${what} of function "${name}" with ${rejection.code} at ${rejection.where}: ${rejection.reason}.`,
    { field: `functions.${name}` },
  );
}

/** The descriptors of a function as FunctionFS takes them. */
export function functionDescriptors(gadget: GadgetDefinition, definition: ProgramFunction): FunctionDescriptors {
  const numbers = new Map(endpointPlans(definition).map(({ placed, number }) => [fieldName(placed.path), number]));
  const sets = describedSpeeds(gadget).map((speed) => [speed, descriptorSet(definition, numbers, speed)]);
  return {
    ...Object.fromEntries(sets),
    ...(definition.allControlRecipients && { allControlRecipients: true }),
    ...(definition.setupBeforeConfiguration && { config0Setup: true }),
  };
}

function descriptorSet(
  definition: ProgramFunction,
  numbers: ReadonlyMap<string, number>,
  speed: DescribedSpeed,
): FunctionDescriptor[] {
  const set: FunctionDescriptor[] = [];
  let string = 0;
  interfacesOf(definition).forEach(({ settings, definition: first }, number) => {
    for (const placed of settings) {
      const { setting, alternate } = placed;
      const endpoints = endpointsOf(placed);
      set.push({
        type: 'interface',
        number,
        alternate,
        endpoints: endpoints.length,
        ...classOf(setting, first),
        string: setting.description === undefined ? 0 : ++string,
      });
      for (const { path, definition: endpoint } of endpoints) {
        const { endpoint: descriptor, companion } = endpointDescriptors(endpoint, speed, numbers.get(fieldName(path))!);
        set.push({ type: 'endpoint', ...descriptor });
        if (companion !== undefined) set.push({ type: 'companion', ...companion });
      }
    }
  });
  return set;
}

/** Alternate settings have the class of their interface unless they set their own. */
function classOf(setting: AlternateDefinition, first: AlternateDefinition) {
  return {
    class: numberOf(setting.class ?? first.class ?? VENDOR_SPECIFIC),
    subClass: numberOf(setting.subclass ?? first.subclass ?? 0),
    protocol: numberOf(setting.protocol ?? first.protocol ?? 0),
  };
}

/** The strings of a function in each of their languages, in the order in which the descriptors count them. */
export function stringTables(gadget: GadgetDefinition, definition: ProgramFunction): StringTable[] {
  const plain = plainLanguage(gadget);
  const texts = interfacesOf(definition).flatMap(({ settings }) =>
    settings.flatMap(({ setting }) => (setting.description === undefined ? [] : [setting.description])),
  );
  return languagesOf(texts, plain).map((language) => ({
    language,
    strings: texts.map((text) => textIn(text, language, plain)),
  }));
}
