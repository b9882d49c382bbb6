import { checkGadget } from './check.ts';
import type { CcidDefinition, DfuDefinition, HidDefinition } from './class-definition.ts';
import type {
  AlternateDefinition,
  ConfigurationDefinition,
  FunctionDefinition,
  GadgetDefinition,
  InterfaceDefinition,
} from './definition.ts';
import type {
  AssociationDefinition,
  InterfaceMicrosoftOs,
  MicrosoftOsDefinition,
  WebUsbDefinition,
} from './host-definition.ts';

type KeysOf<Shape> = Shape extends unknown ? keyof Shape : never;
/** The type of a field that does not exist. No value has it, and its text is the error that the compiler shows. */
type Exact<T, Shape, What extends string> = {
  readonly [K in keyof T]: K extends KeysOf<Shape> ? T[K] : NoField<`"${K & string}" is not a field of ${What}`>;
};
interface NoField<Sentence extends string> {
  readonly [sentence]: Sentence;
}
declare const sentence: unique symbol;

/** A field whose value has known fields of its own, if the object has it. */
type ExactField<T, Field extends string, Shape, What extends string> = T extends { readonly [K in Field]: infer V }
  ? { readonly [K in Field]: Exact<V, Shape, What> }
  : unknown;

/** The fields of a function or an interface that are objects. */
type ExactParts<F> = ExactField<F, 'hid', HidDefinition, 'a HID descriptor'> &
  ExactField<F, 'ccid', CcidDefinition, 'a CCID descriptor'> &
  ExactField<F, 'dfu', DfuDefinition, 'a DFU descriptor'> &
  (F extends { readonly dfu: infer D }
    ? { readonly dfu: ExactField<D, 'attributes', NonNullable<DfuDefinition['attributes']>, 'the attributes of DFU'> }
    : unknown) &
  ExactField<F, 'association', AssociationDefinition, 'an association'> &
  ExactField<F, 'microsoftOs', InterfaceMicrosoftOs, 'the Microsoft OS descriptors of an interface'> &
  (F extends { readonly alternates: infer A }
    ? { readonly alternates: { readonly [K in keyof A]: Exact<A[K], AlternateDefinition, 'an alternate setting'> } }
    : unknown);

type ExactInterfaces<F> = F extends { readonly interfaces: infer I }
  ? {
      readonly interfaces: {
        readonly [K in keyof I]: Exact<I[K], InterfaceDefinition, 'an interface'> & ExactParts<I[K]>;
      };
    }
  : unknown;

/** Turns fields that do not exist into compile errors; a type parameter alone would let them pass. */
type ExactGadget<D extends GadgetDefinition> = Exact<D, GadgetDefinition, 'a gadget'> &
  ExactField<D, 'webUsb', WebUsbDefinition, 'WebUSB'> &
  ExactField<D, 'microsoftOs', MicrosoftOsDefinition, 'the Microsoft OS descriptors'> & {
    readonly functions: {
      readonly [F in keyof D['functions']]: Exact<D['functions'][F], FunctionDefinition, 'a function'> &
        ExactParts<D['functions'][F]> &
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
