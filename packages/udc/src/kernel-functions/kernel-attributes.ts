import type { AttributeRule, DirectoryRule } from './rules.ts';
import type { KERNEL_FUNCTIONS, KernelFunctionType } from './table.ts';

type HexNumber = number | `0x${string}`;

type ValueOf<R extends AttributeRule> = R extends { readonly kind: 'number' }
  ? HexNumber
  : R extends { readonly kind: 'boolean' }
    ? boolean | 0 | 1
    : R extends { readonly kind: 'choice'; readonly values: readonly (infer V)[] }
      ? V
      : R extends { readonly kind: 'numbers' }
        ? HexNumber | readonly HexNumber[]
        : R extends { readonly kind: 'bytes' }
          ? Uint8Array | string | readonly HexNumber[]
          : string;

type Writable<A> = {
  readonly [K in keyof A as A[K] extends { readonly readOnly: true } | { readonly refused: string } ? never : K]: A[K];
};

type Attributes<A extends Readonly<Record<string, AttributeRule>>> = {
  readonly [K in keyof Writable<A>]?: ValueOf<A[K]>;
};

/** A directory may hold attributes beside directories that the user names: only the attributes' names are known. */
type Directory<D> = (D extends {
  readonly attributes: infer A extends Record<string, AttributeRule>;
}
  ? Attributes<A>
  : unknown) &
  (D extends { readonly directories: infer N extends Record<string, DirectoryRule> }
    ? { readonly [K in keyof N]?: Directory<N[K]> }
    : unknown) &
  (D extends { readonly lists: infer L extends Record<string, { of: DirectoryRule }> }
    ? { readonly [K in keyof L]?: readonly Directory<L[K]['of']>[] }
    : unknown) &
  (D extends { readonly links: readonly string[] } ? { readonly links?: readonly string[] } : unknown) &
  (D extends { readonly named: infer M extends DirectoryRule }
    ? D extends { readonly attributes: unknown } | { readonly directories: unknown }
      ? { readonly [name: string]: KernelAttributes | unknown }
      : { readonly [name: string]: Directory<M> }
    : unknown);

/** Attributes of any function: by name, in directories inside of each other, or by path (`'lun.0/file'`). */
export interface KernelAttributes {
  readonly [name: string]:
    | string
    | number
    | boolean
    | Uint8Array
    | KernelAttributes
    | readonly (string | number | KernelAttributes)[];
}

/** The attributes that a function of this type has. */
export type KernelAttributesOf<T extends KernelFunctionType> = Directory<(typeof KERNEL_FUNCTIONS)[T]>;
