import type { Access, Field } from './field.ts';

/** A register, or several of one kind at equal distances. */
export interface Register<Name extends string = string> {
  /** Byte offset of the (first) register. */
  readonly offset: number;
  /** Number of registers of this kind. */
  readonly count: number;
  /** Bytes from one to the next. */
  readonly stride: number;
  /** Value after power-on. */
  readonly reset: number;
  /** True if DCTL.CSFTRST restores the reset value. */
  readonly softReset: boolean;
  readonly fields: Readonly<Record<Name, Field>>;
}

/** Optional properties of a register. */
export interface RegisterOptions {
  readonly count?: number;
  readonly stride?: number;
  readonly reset?: number;
  readonly softReset?: boolean;
}

/** Describes one register of the table. */
export function register<Name extends string>(
  offset: number,
  fields: Readonly<Record<Name, Field>>,
  { count = 1, stride = 4, reset = 0, softReset = false }: RegisterOptions = {},
): Register<Name> {
  return { offset, count, stride, reset, softReset, fields };
}

/** The bits of a register whose fields have this access. */
export function accessMask({ fields }: Register, access: Access): number {
  let mask = 0;
  for (const field of Object.values(fields)) if (field.access === access) mask |= field.mask;
  return mask >>> 0;
}
