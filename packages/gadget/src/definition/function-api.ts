import type { SerialStream } from '@gadgetloom/kernel-functions';
import type { BEHAVIOUR, Behaviour } from './behaviour.ts';
import type { GadgetDefinition } from './definition.ts';

/** Types of functions of the kernel whose program end is a serial port. */
type SerialFunction = 'acm' | 'gser' | 'obex';

/**
 * Names of the functions that give something to the program. Any string if the compiler does not know the gadget, because
 * it was read from text.
 */
export type BehavingFunction<D extends GadgetDefinition> = string extends keyof D['functions']
  ? string
  : {
      [N in keyof D['functions'] & string]: D['functions'][N] extends
        | { readonly [BEHAVIOUR]: Behaviour }
        | { readonly kernel: SerialFunction }
        ? N
        : never;
    }[keyof D['functions'] & string];

/** What the function with this name gives to the program. */
export type FunctionApi<D extends GadgetDefinition, N extends string> = D['functions'] extends {
  readonly [K in N]: { readonly [BEHAVIOUR]: Behaviour<infer Api> };
}
  ? Api
  : D['functions'] extends { readonly [K in N]: { readonly kernel: SerialFunction } }
    ? SerialStream
    : unknown;
