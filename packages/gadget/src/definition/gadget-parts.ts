import type {
  AlternateDefinition,
  EndpointDefinition,
  FunctionDefinition,
  GadgetDefinition,
  InterfaceDefinition,
  KernelFunction,
  ProgramFunction,
} from './definition.ts';
import type { FieldPath } from './problem.ts';

/** An alternate setting of an interface, and its path in the definition. */
export interface PlacedSetting {
  readonly alternate: number;
  readonly setting: AlternateDefinition;
  readonly path: FieldPath;
}

/** An interface with all its alternate settings. */
export interface PlacedInterface {
  readonly definition: InterfaceDefinition;
  readonly path: FieldPath;
  readonly settings: readonly PlacedSetting[];
}

export interface PlacedEndpoint {
  /** Name inside its function: `samples`. */
  readonly name: string;
  readonly definition: EndpointDefinition;
  readonly path: FieldPath;
}

export function isKernelFunction(definition: FunctionDefinition): definition is KernelFunction {
  return 'kernel' in definition;
}

/** Functions that the program provides, with their names. */
export function programFunctions(gadget: GadgetDefinition): [name: string, definition: ProgramFunction][] {
  return Object.entries(gadget.functions).filter(
    (entry): entry is [string, ProgramFunction] => !isKernelFunction(entry[1]),
  );
}

/**
 * The interfaces of a function in the order of their numbers; a function without `interfaces` is one interface itself.
 */
export function interfacesOf(definition: ProgramFunction, path: FieldPath = []): PlacedInterface[] {
  const { interfaces } = definition;
  const placed: [InterfaceDefinition, FieldPath][] =
    interfaces === undefined
      ? [[definition, path]]
      : Object.entries(interfaces).map(([name, inner]) => [inner, [...path, 'interfaces', name]]);
  return placed.map(([inner, innerPath]) => ({
    definition: inner,
    path: innerPath,
    settings: [
      { alternate: 0, setting: inner, path: innerPath },
      ...(inner.alternates ?? []).map((setting, index) => ({
        alternate: index + 1,
        setting,
        path: [...innerPath, 'alternates', index],
      })),
    ],
  }));
}

/** The endpoints of a setting in their order. */
export function endpointsOf({ setting, path }: PlacedSetting): PlacedEndpoint[] {
  return Object.entries(setting.endpoints ?? {}).map(([name, definition]) => ({
    name,
    definition,
    path: [...path, 'endpoints', name],
  }));
}

/** All endpoints of a function, in the order of the endpoint files that FunctionFS makes for them. */
export function functionEndpoints(definition: ProgramFunction, path: FieldPath = []): PlacedEndpoint[] {
  return interfacesOf(definition, path).flatMap(({ settings }) => settings.flatMap(endpointsOf));
}

/** Returns the configurations of a gadget with their numbers. If it has none, one configuration has all functions. */
export function configurationsOf(gadget: GadgetDefinition) {
  const named = Object.entries(gadget.configurations ?? { c: { functions: Object.keys(gadget.functions) } });
  const taken = new Set(named.map(([, { value }]) => value));
  let next = 1;
  return named.map(([label, definition]) => {
    let { value } = definition;
    if (value === undefined) {
      while (taken.has(next)) next++;
      value = next++;
    }
    return { label, definition, value };
  });
}
