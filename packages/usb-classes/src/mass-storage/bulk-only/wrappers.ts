/** Bytes of a command block wrapper. */
export const CBW_LENGTH = 31;
/** Bytes of a command status wrapper. */
export const CSW_LENGTH = 13;

const CBW_SIGNATURE = 0x43425355;
const CSW_SIGNATURE = 0x53425355;
const DIRECTION_IN = 0x80;
/** Bytes of the longest command. */
const COMMAND_LENGTH = 16;
/** Logical units that a wrapper can name. */
const UNITS = 16;

/** bCSWStatus (BOT, table 5.3). */
export const CommandStatus = { PASSED: 0, FAILED: 1, PHASE_ERROR: 2 } as const;

/** A command as the host wraps it (BOT, 5.1). */
export interface CommandWrapper {
  readonly tag: number;
  /** Bytes that the host wants to move in the data stage. */
  readonly dataLength: number;
  /** `'none'` if `dataLength` is 0. */
  readonly direction: 'in' | 'out' | 'none';
  readonly unit: number;
  /** bCBWCBLength: 1 to 16. */
  readonly commandLength: number;
  /** 16 bytes; those behind `commandLength` are 0. */
  readonly command: Uint8Array;
}

/**
 * Why a wrapper is refused. `'invalid'`: it is none (BOT, 6.2.1), and only a reset helps. `'meaningless'`: its fields
 * cannot be (BOT, 6.2.2).
 */
export type WrapperDefect = 'invalid' | 'meaningless';

/** Decodes what a host sent where a command is expected. */
export function decodeCommand(bytes: Uint8Array): CommandWrapper | WrapperDefect {
  if (bytes.length !== CBW_LENGTH) return 'invalid';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== CBW_SIGNATURE) return 'invalid';
  const flags = bytes[12]!;
  const unit = bytes[13]!;
  const commandLength = bytes[14]!;
  if (unit >= UNITS || (flags & ~DIRECTION_IN) !== 0 || commandLength < 1 || commandLength > COMMAND_LENGTH)
    return 'meaningless';
  const dataLength = view.getUint32(8, true);
  const command = new Uint8Array(COMMAND_LENGTH);
  command.set(bytes.subarray(15, 15 + commandLength));
  const direction = dataLength === 0 ? 'none' : (flags & DIRECTION_IN) !== 0 ? 'in' : 'out';
  return { tag: view.getUint32(4, true), dataLength, direction, unit, commandLength, command };
}

/** Encodes a command as a host sends it. */
export function encodeCommand({
  tag,
  dataLength,
  direction,
  unit = 0,
  command,
}: {
  readonly tag: number;
  readonly dataLength: number;
  readonly direction: 'in' | 'out';
  readonly unit?: number;
  /** 1 to 16 bytes. */
  readonly command: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CBW_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CBW_SIGNATURE, true);
  view.setUint32(4, tag, true);
  view.setUint32(8, dataLength, true);
  bytes[12] = direction === 'in' ? DIRECTION_IN : 0;
  bytes[13] = unit;
  bytes[14] = command.length;
  bytes.set(command, 15);
  return bytes;
}

/** The end of a command (BOT, 5.2). */
export interface StatusWrapper {
  readonly tag: number;
  /** dCSWDataResidue: bytes that the host wanted to move and that the command did not use. */
  readonly residue: number;
  /** One of {@link CommandStatus}. */
  readonly status: number;
}

/** Encodes a status. */
export function encodeStatus({ tag, residue, status }: StatusWrapper): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CSW_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CSW_SIGNATURE, true);
  view.setUint32(4, tag, true);
  view.setUint32(8, residue, true);
  bytes[12] = status;
  return bytes;
}

/** Decodes a status as a host does; `undefined` if the bytes are none. */
export function decodeStatus(bytes: Uint8Array): StatusWrapper | undefined {
  if (bytes.length !== CSW_LENGTH) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== CSW_SIGNATURE) return undefined;
  return { tag: view.getUint32(4, true), residue: view.getUint32(8, true), status: bytes[12]! };
}
