/**
 * Sense data as one number: sense key, additional sense code and its qualifier, a byte each.
 * Source: SPC-4, 4.5.6 and annex D; storage_common.h has the same numbers.
 */
export const Sense = {
  NONE: 0,
  MEDIUM_NOT_PRESENT: 0x023a00,
  UNRECOVERED_READ_ERROR: 0x031100,
  WRITE_ERROR: 0x030c02,
  COMMUNICATION_FAILURE: 0x040800,
  INTERNAL_TARGET_FAILURE: 0x044400,
  PARAMETER_LIST_LENGTH_ERROR: 0x051a00,
  INVALID_COMMAND: 0x052000,
  LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE: 0x052100,
  INVALID_FIELD_IN_CDB: 0x052400,
  LOGICAL_UNIT_NOT_SUPPORTED: 0x052500,
  INVALID_FIELD_IN_PARAMETER_LIST: 0x052600,
  SAVING_PARAMETERS_NOT_SUPPORTED: 0x053900,
  MEDIUM_REMOVAL_PREVENTED: 0x055302,
  NOT_READY_TO_READY_TRANSITION: 0x062800,
  RESET_OCCURRED: 0x062900,
  MODE_PARAMETERS_CHANGED: 0x062a01,
  WRITE_PROTECTED: 0x072700,
  SPACE_ALLOCATION_FAILED: 0x072707,
  MISCOMPARE: 0x0e1d00,
} as const;

/** Sense data, by its words. */
export type SenseCode = (typeof Sense)[keyof typeof Sense];

/** A command that ends with CHECK CONDITION: the host then asks for the sense data. */
export class CheckCondition extends Error {
  override readonly name = 'CheckCondition';
  readonly sense: SenseCode;
  /** INFORMATION of the sense data: the block where it happened, or how far it came. */
  readonly information: number | undefined;

  constructor(sense: SenseCode, information?: number, options?: ErrorOptions) {
    super(`sense data 0x${sense.toString(16).padStart(6, '0')}`, options);
    this.sense = sense;
    this.information = information;
  }
}

/** What a host is told about an error of the medium, by the name of the errno. */
const OF_ERRNO: Readonly<Record<string, SenseCode>> = {
  EROFS: Sense.WRITE_PROTECTED,
  EACCES: Sense.WRITE_PROTECTED,
  EPERM: Sense.WRITE_PROTECTED,
  ENOSPC: Sense.SPACE_ALLOCATION_FAILED,
  EDQUOT: Sense.SPACE_ALLOCATION_FAILED,
  EFBIG: Sense.SPACE_ALLOCATION_FAILED,
  ENOMEDIUM: Sense.MEDIUM_NOT_PRESENT,
  ENOENT: Sense.MEDIUM_NOT_PRESENT,
  ENODEV: Sense.MEDIUM_NOT_PRESENT,
  ENXIO: Sense.MEDIUM_NOT_PRESENT,
  ENOMEM: Sense.INTERNAL_TARGET_FAILURE,
};

/**
 * The sense data for an error of a block store. An error without a known errno in `code` is an unrecovered read error or
 * a write error: the medium is bad.
 */
export function senseOfError(error: unknown, operation: 'read' | 'write'): SenseCode {
  if (error instanceof CheckCondition) return error.sense;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(OF_ERRNO, code) ? OF_ERRNO[code] : undefined;
  // A store that cannot be read is not write-protected.
  if (known !== undefined && (operation === 'write' || known !== Sense.WRITE_PROTECTED)) return known;
  return operation === 'read' ? Sense.UNRECOVERED_READ_ERROR : Sense.WRITE_ERROR;
}

/** Bytes of {@link fixedSense}. */
export const SENSE_LENGTH = 18;

/** Sense data in the fixed format (SPC-4, 4.5.3). */
export function fixedSense(sense: number, information?: number): Uint8Array {
  const bytes = new Uint8Array(SENSE_LENGTH);
  // The field has 32 bits: a block beyond is not told at all.
  const valid = information !== undefined && information <= 0xffff_ffff;
  bytes[0] = 0x70 | (valid ? 0x80 : 0);
  bytes[2] = sense >> 16;
  if (valid) new DataView(bytes.buffer).setUint32(3, information);
  bytes[7] = SENSE_LENGTH - 8;
  bytes[12] = (sense >> 8) & 0xff;
  bytes[13] = sense & 0xff;
  return bytes;
}
