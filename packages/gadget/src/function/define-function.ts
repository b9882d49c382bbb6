import { InputError, isInputError } from '@gadgetloom/core';
import { BEHAVIOUR, type Behaves } from '../definition/behaviour.ts';
import type { ProgramFunction } from '../definition/definition.ts';
import { checkedOptions, type OptionsSchema } from './checked-options.ts';
import { FunctionContext } from './function-context.ts';

/** Key by which `use` finds the functions that a module exports. Every copy of this package uses the same symbol. */
export const FUNCTION_KIND: unique symbol = Symbol.for('@gadgetloom/gadget:function-kind');

/** A function to be written once and used in any gadget: its options, what the host sees, and what it does. */
export interface FunctionShape<In, Out, D extends ProgramFunction, Api> {
  /** Kind of the function for messages, such as `'usbtmc'`. */
  readonly kind: string;
  /**
   * Checks the options, in TypeScript as in a gadget file: any schema with the Standard Schema interface (zod,
   * valibot, arktype ...). Without it the function takes no options.
   */
  readonly options?: OptionsSchema<In, Out>;
  /** Returns the interfaces and endpoints. It runs when the gadget is defined, and must not do anything else. */
  readonly describe: (options: Out) => D;
  /**
   * Starts the function on a stack. It runs before the gadget is bound, so the host finds all handlers in place. What it
   * returns is what `stack.function(NAME)` gives to the program. It may wait for files to open, but not for the host.
   */
  readonly start: (context: FunctionContext<D>, options: Out) => Api | Promise<Api>;
}

/** Makes the definition of a function from its options. */
export interface FunctionMaker<In, D extends ProgramFunction, Api> {
  /** @throws InputError the options are wrong, or the function cannot be described with them */
  (
    ...options: undefined extends In ? [options?: In] : Record<never, never> extends In ? [options?: In] : [options: In]
  ): D & Behaves<Api>;
  readonly [FUNCTION_KIND]: string;
}

/**
 * Defines a function: a description made from checked options, and a behaviour that runs on a stack.
 *
 * @example
 * export const lamp = defineFunction({
 *   kind: 'lamp',
 *   options: z.strictObject({ on: z.boolean().default(false) }),
 *   describe: () => ({ class: 0xff, endpoints: { state: interrupt.in() } }),
 *   start(fn, { on }) {
 *     fn.onRequest({ type: 'vendor', request: 1, direction: 'out' }, ({ value }) => { on = value !== 0; });
 *     return { get on() { return on; } };
 *   },
 * });
 */
export function defineFunction<const D extends ProgramFunction, Api, In = undefined, Out = In>(
  shape: FunctionShape<In, Out, D, Api>,
): FunctionMaker<In, D, Api> {
  const { kind, options: schema, describe, start } = shape;
  const make = (given?: In): D & Behaves<Api> => {
    const options = (schema === undefined ? given : checkedOptions(kind, schema, given ?? {})) as Out;
    return {
      ...described(kind, () => describe(options)),
      [BEHAVIOUR]: { kind, start: (core) => start(new FunctionContext<D>(core), options) },
    };
  };
  return Object.assign(make, { [FUNCTION_KIND]: kind }) as FunctionMaker<In, D, Api>;
}

/** @throws InputError describing failed, or did not give an object */
function described<D extends ProgramFunction>(kind: string, describe: () => D): D {
  let definition: unknown;
  try {
    definition = describe();
  } catch (cause) {
    if (isInputError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${kind}: describe failed: ${reason}`, {}, { cause });
  }
  if (definition instanceof Promise) {
    definition.catch(() => {});
    throw new InputError(`${kind}: describe returned a promise: a definition must be there at once.`);
  }
  if (typeof definition !== 'object' || definition === null)
    throw new InputError(`${kind}: describe returned ${String(definition)} and not the interfaces and endpoints.`);
  return definition as D;
}
