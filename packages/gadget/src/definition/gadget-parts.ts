import type {
  AlternateDefinition,
  EndpointDefinition,
  FunctionDefinition,
  GadgetDefinition,
  InterfaceDefinition,
  KernelFunction,
  ProgramFunction,
  UsedFunction,
} from './definition.ts';
import type { FieldPath } from './problem.ts';

/** An alternate setting of an interface, and its path in the definition. */
export interface PlacedSetting {
  /** Name of the interface, as in {@link PlacedInterface.name}. */
  readonly interface: string | undefined;
  readonly alternate: number;
  readonly setting: AlternateDefinition;
  readonly path: FieldPath;
}

/** An interface with all its alternate settings. */
export interface PlacedInterface {
  /** Name in the function's `interfaces`; `undefined` if the function is one interface itself. */
  readonly name: string | undefined;
  readonly definition: InterfaceDefinition;
  readonly path: FieldPath;
  readonly settings: readonly PlacedSetting[];
}

export interface PlacedEndpoint {
  /** Name inside its setting: `samples`. */
  readonly name: string;
  /** Name of its interface, if the function has named ones. */
  readonly interface: string | undefined;
  readonly definition: EndpointDefinition;
  readonly path: FieldPath;
}

export function isKernelFunction(definition: FunctionDefinition): definition is KernelFunction {
  return 'kernel' in definition;
}

/** True for a function of a module that is not loaded yet. */
export function isUsedFunction(definition: FunctionDefinition | UsedFunction): definition is UsedFunction {
  return 'use' in definition;
}

/** Functions that the program provides, with their names. */
export function programFunctions(gadget: GadgetDefinition): [name: string, definition: ProgramFunction][] {
  return Object.entries(gadget.functions).filter(
    (entry): entry is [string, ProgramFunction] => !isKernelFunction(entry[1]) && !isUsedFunction(entry[1]),
  );
}

/**
 * The interfaces of a function in the order of their numbers; a function without `interfaces` is one interface itself.
 */
export function interfacesOf(definition: ProgramFunction, path: FieldPath = []): PlacedInterface[] {
  const { interfaces } = definition;
  const placed: [InterfaceDefinition, FieldPath, string | undefined][] =
    interfaces === undefined
      ? [[definition, path, undefined]]
      : Object.entries(interfaces).map(([name, inner]) => [inner, [...path, 'interfaces', name], name]);
  return placed.map(([inner, innerPath, name]) => ({
    name,
    definition: inner,
    path: innerPath,
    settings: [
      { interface: name, alternate: 0, setting: inner, path: innerPath },
      ...(inner.alternates ?? []).map((setting, index) => ({
        interface: name,
        alternate: index + 1,
        setting,
        path: [...innerPath, 'alternates', index],
      })),
    ],
  }));
}

/** The endpoints of a setting in their order. */
export function endpointsOf({ interface: owner, setting, path }: PlacedSetting): PlacedEndpoint[] {
  return Object.entries(setting.endpoints ?? {}).map(([name, definition]) => ({
    name,
    interface: owner,
    definition,
    path: [...path, 'endpoints', name],
  }));
}

/** All endpoints of a function, in the order of the endpoint files that FunctionFS makes for them. */
export function functionEndpoints(definition: ProgramFunction, path: FieldPath = []): PlacedEndpoint[] {
  return interfacesOf(definition, path).flatMap(({ settings }) => settings.flatMap(endpointsOf));
}

/** An endpoint of a function with the names that a program may use for it. */
export interface NamedPlace {
  readonly placed: PlacedEndpoint;
  /** The shortest name inside the function: `samples`, or `data.samples` if another interface has `samples` too. */
  readonly name: string;
  /** All names inside the function. */
  readonly names: readonly string[];
}

/** The endpoints of a function as {@link functionEndpoints} lists them, with their names. */
export function namedEndpoints(definition: ProgramFunction): NamedPlace[] {
  const endpoints = functionEndpoints(definition);
  return endpoints.map((placed) => {
    const long = placed.interface === undefined ? undefined : `${placed.interface}.${placed.name}`;
    const unique = endpoints.filter(({ name }) => name === placed.name).length === 1;
    const names = [...(unique ? [placed.name] : []), ...(long === undefined ? [] : [long])];
    return { placed, name: names[0] ?? placed.name, names };
  });
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
