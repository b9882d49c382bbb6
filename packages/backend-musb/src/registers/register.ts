/**
 * The effect of a software write on a bit.
 *
 * - `rw` keeps the written value.
 * - `ro` ignores writes.
 * - `w0c` is set by the hardware; writing 0 clears it, writing 1 changes nothing.
 * - `w1s` is set by writing 1 and cleared by the hardware; writing 0 changes nothing.
 * - `strobe` acts when 1 is written, and reads as 0.
 * - `rc` is set by the hardware and cleared by reading.
 */
export type FieldAccess = 'rw' | 'ro' | 'w0c' | 'w1s' | 'strobe' | 'rc';

/** One field of a register: its bits, and the effect of a write. */
export type FieldTuple = readonly [mask: number, access: FieldAccess];

/** Fields by the names that Linux and the data sheets use. */
export type FieldTable = Readonly<Record<string, FieldTuple>>;

/** One register. */
export interface RegisterDescription<Fields extends FieldTable = FieldTable> {
  /** Bytes from the start of its block. */
  readonly offset: number;
  /** Width in bytes: 1, 2 or 4. */
  readonly width: 1 | 2 | 4;
  /** Value after power-up; 0 by default. */
  readonly reset?: number;
  readonly fields: Fields;
}

/** A block of registers, by name. */
export type RegisterTable = Readonly<Record<string, RegisterDescription>>;

/** The bits of a register, grouped by the effect of a write. */
export interface AccessMasks {
  readonly rw: number;
  readonly w0c: number;
  readonly w1s: number;
  readonly strobe: number;
  readonly rc: number;
}

/** The bits of each field, for code that reads and writes the register. */
export function bitsOf<Fields extends FieldTable>(
  register: RegisterDescription<Fields>,
): { readonly [Name in keyof Fields]: number } {
  const bits = Object.fromEntries(Object.entries(register.fields).map(([name, [mask]]) => [name, mask]));
  return bits as { readonly [Name in keyof Fields]: number };
}

/** Returns the masks that a hardware model needs to apply a write. */
export function accessMasks({ fields }: RegisterDescription): AccessMasks {
  const masks = { rw: 0, ro: 0, w0c: 0, w1s: 0, strobe: 0, rc: 0 };
  for (const [mask, access] of Object.values(fields)) masks[access] |= mask;
  return masks;
}
