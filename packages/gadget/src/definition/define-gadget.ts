import { checkGadget } from './check.ts';
import type {
  ConfigurationDefinition,
  FunctionDefinition,
  GadgetDefinition,
  InterfaceDefinition,
} from './definition.ts';

type KeysOf<Shape> = Shape extends unknown ? keyof Shape : never;
type Exact<T, Shape> = { readonly [K in keyof T]: K extends KeysOf<Shape> ? T[K] : never };
type ExactInterfaces<F> = F extends { readonly interfaces: infer I }
  ? { readonly interfaces: { readonly [K in keyof I]: Exact<I[K], InterfaceDefinition> } }
  : unknown;

/** Turns fields that do not exist into compile errors; a type parameter alone would let them pass. */
type ExactGadget<D extends GadgetDefinition> = Exact<D, GadgetDefinition> & {
  readonly functions: {
    readonly [F in keyof D['functions']]: Exact<D['functions'][F], FunctionDefinition> &
      ExactInterfaces<D['functions'][F]>;
  };
} & (D extends { readonly configurations: infer C }
    ? { readonly configurations: { readonly [K in keyof C]: Exact<C[K], ConfigurationDefinition> } }
    : unknown);

/**
 * Describes a gadget. The names of its endpoints become part of its type: a typo in `stack.endpoint('stream.sampels')` is a
 * compile error, and the endpoint knows its direction.
 *
 * @throws InputError a field is wrong, with its path, what was found and what is allowed; several are all listed
 */
export function defineGadget<const D extends GadgetDefinition>(definition: D & ExactGadget<D>): D {
  checkGadget(definition);
  return definition;
}
