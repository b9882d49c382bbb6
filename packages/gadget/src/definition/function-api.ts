import type { BEHAVIOUR, Behaviour } from './behaviour.ts';
import type { GadgetDefinition } from './definition.ts';

/**
 * Names of the functions that give something to the program. Any string if the compiler does not know the gadget, because
 * it was read from text.
 */
export type BehavingFunction<D extends GadgetDefinition> = string extends keyof D['functions']
  ? string
  : {
      [N in keyof D['functions'] & string]: D['functions'][N] extends { readonly [BEHAVIOUR]: Behaviour } ? N : never;
    }[keyof D['functions'] & string];

/** What the function with this name gives to the program. */
export type FunctionApi<D extends GadgetDefinition, N extends string> = D['functions'] extends {
  readonly [K in N]: { readonly [BEHAVIOUR]: Behaviour<infer Api> };
}
  ? Api
  : unknown;
