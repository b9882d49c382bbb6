import { type ErrnoCode, InputError } from '@gadgetloom/core';

/** Why the kernel does not accept a blob. */
export interface Rejection {
  /** What write(2) fails with. */
  readonly code: ErrnoCode;
  /** Where in the blob, in bytes from its start. */
  readonly offset: number;
  /** Which part of it: `'high-speed descriptor 2 (ENDPOINT 0x81)'`. */
  readonly where: string;
  /** What is wrong with it, and what would be right. */
  readonly reason: string;
}

/** A {@link Rejection} on its way out of a parser. */
export class BlobRejected extends Error implements Rejection {
  readonly code: ErrnoCode;
  readonly offset: number;
  readonly where: string;
  readonly reason: string;

  constructor(code: ErrnoCode, offset: number, where: string, reason: string) {
    super(`${where}, at byte ${offset}: ${reason}`);
    this.code = code;
    this.offset = offset;
    this.where = where;
    this.reason = reason;
  }
}

/** What `parse` refuses; `undefined` if it accepts. */
export function rejectionOf(parse: () => void): Rejection | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof BlobRejected) return error;
    throw error;
  }
}

/** The error of a codec for bytes that the kernel would refuse. */
export function undecodable(kind: string, { where, offset, reason }: Rejection): InputError {
  return new InputError(`This is no ${kind} blob that FunctionFS accepts. ${where}, at byte ${offset}: ${reason}.`, {
    field: `byte ${offset}`,
  });
}
