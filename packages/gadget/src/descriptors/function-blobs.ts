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
import type { GadgetDefinition, ProgramFunction } from '../definition/definition.ts';
import {
  endpointsOf,
  interfacesOf,
  namedEndpoints,
  type PlacedEndpoint,
  type PlacedInterface,
} from '../definition/gadget-parts.ts';
import { placesOf } from '../definition/interface-numbers.ts';
import { numberOf } from '../definition/numbers.ts';
import { fieldName } from '../definition/problem.ts';
import { settingClass } from '../definition/setting-class.ts';
import { languagesOf, plainLanguage, textIn } from '../definition/strings.ts';
import { classDescriptors } from './class-descriptors.ts';
import { endpointDescriptors } from './endpoint-descriptors.ts';
import { osDescriptors } from './os-descriptors.ts';
import { type DescribedSpeed, describedSpeeds } from './speed.ts';

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
  const descriptors = encodeDescriptors(functionDescriptors(gadget, name, definition));
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
export function functionDescriptors(
  gadget: GadgetDefinition,
  name: string,
  definition: ProgramFunction,
): FunctionDescriptors {
  const numbers = new Map(endpointPlans(definition).map(({ placed, number }) => [fieldName(placed.path), number]));
  // The number is the same in all configurations; association-rules.ts refuses others.
  const firstInterface = placesOf(gadget, name)[0]?.firstInterface ?? 0;
  const sets = describedSpeeds(gadget).map((speed) => [
    speed,
    descriptorSet(definition, firstInterface, numbers, speed),
  ]);
  const os = osDescriptors(gadget, definition);
  return {
    ...Object.fromEntries(sets),
    ...(os.length > 0 && { os }),
    ...(definition.allControlRecipients && { allControlRecipients: true }),
    ...(definition.setupBeforeConfiguration && { config0Setup: true }),
  };
}

/** @param firstInterface number of the first interface of the function in its configuration */
function descriptorSet(
  definition: ProgramFunction,
  firstInterface: number,
  numbers: ReadonlyMap<string, number>,
  speed: DescribedSpeed,
): FunctionDescriptor[] {
  const interfaces = interfacesOf(definition);
  const set: FunctionDescriptor[] = associationOf(definition, interfaces, firstInterface);
  let string = definition.association?.description === undefined ? 0 : 1;
  interfaces.forEach(({ settings, definition: first }, number) => {
    for (const placed of settings) {
      const { setting, alternate } = placed;
      const endpoints = endpointsOf(placed);
      set.push({
        type: 'interface',
        number,
        alternate,
        endpoints: endpoints.length,
        ...settingClass(setting, first),
        string: setting.description === undefined ? 0 : ++string,
      });
      set.push(...classDescriptors(setting));
      for (const { path, definition: endpoint } of endpoints) {
        const { endpoint: descriptor, companion } = endpointDescriptors(endpoint, speed, numbers.get(fieldName(path))!);
        set.push({ type: 'endpoint', ...descriptor });
        if (companion !== undefined) set.push({ type: 'companion', ...companion });
      }
    }
  });
  return set;
}

function associationOf(
  { association }: ProgramFunction,
  interfaces: readonly PlacedInterface[],
  firstInterface: number,
): FunctionDescriptor[] {
  if (association === undefined) return [];
  const [{ definition: outer = {} } = {}] = interfaces;
  const inherited = settingClass(outer, outer);
  return [
    {
      type: 'association',
      firstInterface,
      interfaceCount: interfaces.length,
      class: numberOf(association.class ?? inherited.class),
      subClass: numberOf(association.subclass ?? inherited.subClass),
      protocol: numberOf(association.protocol ?? inherited.protocol),
      string: association.description === undefined ? 0 : 1,
    },
  ];
}

/** The strings of a function in each of their languages, in the order in which the descriptors count them. */
export function stringTables(gadget: GadgetDefinition, definition: ProgramFunction): StringTable[] {
  const plain = plainLanguage(gadget);
  const all = [
    definition.association?.description,
    ...interfacesOf(definition).flatMap(({ settings }) => settings.map(({ setting }) => setting.description)),
  ];
  const texts = all.filter((text) => text !== undefined);
  return languagesOf(texts, plain).map((language) => ({
    language,
    strings: texts.map((text) => textIn(text, language, plain)),
  }));
}
