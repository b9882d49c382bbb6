import { checkGadget } from './check.ts';
import type {
  ConfigurationDefinition,
  FunctionDefinition,
  GadgetDefinition,
  InterfaceDefinition,
} from './definition.ts';

type KeysOf<Shape> = Shape extends unknown ? keyof Shape : never;
/** The type of a field that does not exist. No value has it, and its text is the error that the compiler shows. */
type Exact<T, Shape, What extends string> = {
  readonly [K in keyof T]: K extends KeysOf<Shape> ? T[K] : NoField<`"${K & string}" is not a field of ${What}`>;
};
interface NoField<Sentence extends string> {
  readonly [sentence]: Sentence;
}
declare const sentence: unique symbol;

type ExactInterfaces<F> = F extends { readonly interfaces: infer I }
  ? { readonly interfaces: { readonly [K in keyof I]: Exact<I[K], InterfaceDefinition, 'an interface'> } }
  : unknown;

/** Turns fields that do not exist into compile errors; a type parameter alone would let them pass. */
type ExactGadget<D extends GadgetDefinition> = Exact<D, GadgetDefinition, 'a gadget'> & {
  readonly functions: {
    readonly [F in keyof D['functions']]: Exact<D['functions'][F], FunctionDefinition, 'a function'> &
      ExactInterfaces<D['functions'][F]>;
  };
} & (D extends { readonly configurations: infer C }
    ? { readonly configurations: { readonly [K in keyof C]: Exact<C[K], ConfigurationDefinition, 'a configuration'> } }
    : unknown);

/**
 * Describes a gadget. The names of its endpoints become part of its type: a typo in `stack.endpoint('stream.sampels')`
 * is a compile error, and the endpoint knows its direction.
 *
 * @throws InputError fields are wrong; the error lists each with its path, what was found and what is allowed
 */
export function defineGadget<const D extends GadgetDefinition>(definition: D & ExactGadget<D>): D {
  checkGadget(definition);
  return definition;
}
