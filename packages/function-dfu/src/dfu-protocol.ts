/** bRequest of the class requests (DFU 1.1, table 3.2). */
export const DfuRequest = {
  DETACH: 0,
  DNLOAD: 1,
  UPLOAD: 2,
  GETSTATUS: 3,
  CLRSTATUS: 4,
  GETSTATE: 5,
  ABORT: 6,
} as const;

/** bState by name (DFU 1.1, 6.1.2). */
export const DFU_STATES = [
  'appIDLE',
  'appDETACH',
  'dfuIDLE',
  'dfuDNLOAD-SYNC',
  'dfuDNBUSY',
  'dfuDNLOAD-IDLE',
  'dfuMANIFEST-SYNC',
  'dfuMANIFEST',
  'dfuMANIFEST-WAIT-RESET',
  'dfuUPLOAD-IDLE',
  'dfuERROR',
] as const;

/** State of the device. */
export type DfuState = (typeof DFU_STATES)[number];

/** bStatus by name (DFU 1.1, 6.1.2). */
export const DFU_STATUSES = [
  'OK',
  'errTARGET',
  'errFILE',
  'errWRITE',
  'errERASE',
  'errCHECK_ERASED',
  'errPROG',
  'errVERIFY',
  'errADDRESS',
  'errNOTDONE',
  'errFIRMWARE',
  'errVENDOR',
  'errUSBR',
  'errPOR',
  'errUNKNOWN',
  'errSTALLEDPKT',
] as const;

/** Status of the last operation. */
export type DfuStatus = (typeof DFU_STATUSES)[number];

/** An image that is refused, with the status that the host reads. */
export class DfuError extends Error {
  override readonly name = 'DfuError';
  readonly status: DfuStatus;

  constructor(status: Exclude<DfuStatus, 'OK'>, message: string) {
    super(message);
    this.status = status;
  }
}

/** The answer to GETSTATUS. @param pollTimeout milliseconds, 0 to 2^24 - 1 */
export function encodeStatus(status: DfuStatus, pollTimeout: number, state: DfuState): Uint8Array {
  return Uint8Array.of(
    DFU_STATUSES.indexOf(status),
    pollTimeout & 0xff,
    (pollTimeout >> 8) & 0xff,
    (pollTimeout >> 16) & 0xff,
    DFU_STATES.indexOf(state),
    0,
  );
}
