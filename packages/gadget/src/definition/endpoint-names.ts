import type { EndpointDefinition, GadgetDefinition, ProgramFunction } from './definition.ts';

type EndpointsOfSetting<S> = S extends { readonly endpoints: infer E } ? E : unknown;
type EndpointsOfInterface<I> = EndpointsOfSetting<I> &
  (I extends { readonly alternates: readonly (infer A)[] } ? Together<EndpointsOfSetting<A>> : unknown);
type EndpointsOfFunction<F> = EndpointsOfInterface<F> &
  (F extends { readonly interfaces: infer I }
    ? Together<{ [K in keyof I]: EndpointsOfInterface<I[K]> }[keyof I]> &
        Together<{ [K in keyof I & string]: WithPrefix<K, EndpointsOfInterface<I[K]>> }[keyof I & string]>
    : unknown);
type Together<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

type Named<F> = { [K in keyof F & string]: WithPrefix<K, EndpointsOfFunction<F[K]>> }[keyof F & string];
type WithPrefix<P extends string, E> = { readonly [K in keyof E & string as `${P}.${K}`]: E[K] };

/**
 * The endpoints of a gadget by their full names (`'stream.samples'`). The compiler does not know the
 * names of a gadget that was read from text: it accepts any string, and the program checks it when it runs.
 */
export type GadgetEndpoints<D extends GadgetDefinition> = string extends keyof D['functions']
  ? Readonly<Record<string, EndpointDefinition>>
  : Together<Named<D['functions']>>;

/** Full names of a gadget's endpoints. With `Extract`, errors and editors show the names and not the gadget. */
export type EndpointName<D extends GadgetDefinition> = Extract<keyof GadgetEndpoints<D>, string>;

/** Direction of the endpoint with this name. */
export type EndpointDirection<D extends GadgetDefinition, N extends EndpointName<D>> = GadgetEndpoints<D>[N] extends {
  readonly direction: infer Dir extends 'in' | 'out';
}
  ? Dir
  : 'in' | 'out';

/**
 * A function whose definition the compiler does not know. Contexts and sessions of every function can be passed where
 * one of such a function is expected; names are then any string, and are checked when the program runs.
 */
// biome-ignore lint/suspicious/noExplicitAny: only `any` is both a narrower and a wider type than every definition.
export type SomeFunction = any;

/**
 * Names of the endpoints of one function: `'samples'`, or `'data.samples'` with the name of its interface. Any string if
 * the compiler does not know the definition.
 */
export type OwnEndpointName<F extends ProgramFunction> = unknown extends F
  ? string
  : [keyof EndpointsOfFunction<F>] extends [never]
    ? string
    : Extract<keyof EndpointsOfFunction<F>, string>;

/** Direction of a function's endpoint with this name. */
export type OwnEndpointDirection<F extends ProgramFunction, N> = unknown extends F
  ? 'in' | 'out'
  : N extends keyof EndpointsOfFunction<F>
    ? EndpointsOfFunction<F>[N] extends { readonly direction: infer Dir extends 'in' | 'out' }
      ? Dir
      : 'in' | 'out'
    : 'in' | 'out';

/** Names of a function's endpoints of one direction. */
export type OwnEndpointTowards<F extends ProgramFunction, Dir extends 'in' | 'out'> = unknown extends F
  ? string
  : [keyof EndpointsOfFunction<F>] extends [never]
    ? string
    : { [N in OwnEndpointName<F>]: Dir extends OwnEndpointDirection<F, N> ? N : never }[OwnEndpointName<F>];
