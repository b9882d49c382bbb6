import type { GadgetDefinition, ProgramFunction } from '../definition/definition.ts';
import { interfacesOf, namedEndpoints, programFunctions } from '../definition/gadget-parts.ts';
import { FunctionState } from './function-state.ts';
import { StackEndpoint } from './stack-endpoint.ts';

/** A function of the program with its endpoints, which are opened later. */
export interface FunctionEndpoints {
  readonly name: string;
  readonly definition: ProgramFunction;
  readonly state: FunctionState;
  /** In the order of the definition. */
  readonly endpoints: readonly StackEndpoint[];
  /** The endpoints by every name inside the function. */
  readonly byName: ReadonlyMap<string, StackEndpoint>;
  /** The names of {@link endpoints} inside the function. */
  readonly endpointNames: readonly string[];
  /** Names of the interfaces by their numbers inside the function. */
  readonly interfaceNames: readonly (string | undefined)[];
}

/**
 * The functions of the program in the order of the definition.
 *
 * @param report gets errors of listeners; it never throws
 */
export function functionEndpoints(gadget: GadgetDefinition, report: (error: unknown) => void): FunctionEndpoints[] {
  return programFunctions(gadget).map(([name, definition]) => {
    const state = new FunctionState(report);
    const places = namedEndpoints(definition);
    const endpoints = places.map((place) => new StackEndpoint(`${name}.${place.name}`, place.placed.definition, state));
    return {
      ...{ name, definition, state, endpoints },
      byName: new Map(places.flatMap(({ names }, index) => names.map((own) => [own, endpoints[index]!] as const))),
      endpointNames: places.map((place) => place.name),
      interfaceNames: interfacesOf(definition).map((one) => one.name),
    };
  });
}
