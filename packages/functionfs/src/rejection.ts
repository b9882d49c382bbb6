import { type ErrnoCode, InputError } from '@gadgetloom/core';

/** Why the kernel does not accept a blob. */
export interface Rejection {
  /** Errno of write(2). */
  readonly code: ErrnoCode;
  /** Offset in the blob in bytes. */
  readonly offset: number;
  /** Part of the blob: `'high-speed descriptor 2 (ENDPOINT 0x81)'`. */
  readonly where: string;
  /** The mistake, and the correct value. */
  readonly reason: string;
}

/** A {@link Rejection} as an exception, for the parsers. */
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

/** The rejection of `parse`; `undefined` if it accepts the blob. */
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
  return new InputError(`FunctionFS does not accept this ${kind} blob. ${where}, at byte ${offset}: ${reason}.`, {
    field: `byte ${offset}`,
  });
}
