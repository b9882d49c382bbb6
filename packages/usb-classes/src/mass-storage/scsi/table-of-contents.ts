import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, type Outcome, reply, viewOf } from './command.ts';

const MSF = 0x02;
/** Frames of a second, and of the lead-in in front of block 0. */
const FRAMES = 75;
const LEAD_IN = 2 * FRAMES;
const DATA_TRACK = 0x16;
const LEAD_OUT = 0xaa;

/** READ HEADER (MMC-3): every block has 2048 bytes of data. */
export function readHeader({ cdb, unit }: CommandContext): Outcome {
  if ((cdb[1]! & ~MSF) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const block = viewOf(cdb).getUint32(2);
  if (block >= unit.present.blocks) throw new CheckCondition(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
  const bytes = new Uint8Array(8);
  bytes[0] = 0x01;
  storeAddress(bytes, 4, block, (cdb[1]! & MSF) !== 0);
  return reply(bytes);
}

/** READ TOC (MMC-3): one session with one data track. */
export function readToc({ cdb, unit }: CommandContext): Outcome {
  const told = cdb[2]! & 0x0f;
  if ((cdb[1]! & ~MSF) !== 0 || (cdb[6]! > 1 && told !== 1)) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  // SFF-8020i has the format in byte 9; macOS sends it so.
  const format = told === 0 ? cdb[9]! >> 6 : told;
  const msf = (cdb[1]! & MSF) !== 0;
  if (format === 0 || format === 1) return reply(formatted(unit.present.blocks, msf));
  if (format === 2) return reply(raw(unit.present.blocks, msf));
  throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
}

function formatted(blocks: number, msf: boolean): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes[1] = bytes.length - 2;
  bytes[2] = 1;
  bytes[3] = 1;
  bytes[5] = DATA_TRACK;
  bytes[6] = 1;
  storeAddress(bytes, 8, 0, msf);
  bytes[13] = DATA_TRACK;
  bytes[14] = LEAD_OUT;
  storeAddress(bytes, 16, blocks, msf);
  return bytes;
}

function raw(blocks: number, msf: boolean): Uint8Array {
  const bytes = new Uint8Array(4 + 3 * 11);
  bytes[1] = bytes.length - 2;
  bytes[2] = 1;
  bytes[3] = 1;
  for (let point = 0; point < 3; point++) {
    const at = 4 + 11 * point;
    bytes[at] = 1;
    bytes[at + 1] = DATA_TRACK;
    bytes[at + 3] = 0xa0 + point;
    bytes[at + 8] = 1;
  }
  storeAddress(bytes, 4 + 2 * 11 + 7, blocks, msf);
  return bytes;
}

/** store_cdrom_address. */
function storeAddress(bytes: Uint8Array, at: number, block: number, msf: boolean): void {
  if (!msf) {
    viewOf(bytes).setUint32(at, block);
    return;
  }
  const frames = block + LEAD_IN;
  bytes[at] = 0;
  bytes[at + 1] = Math.floor(frames / (60 * FRAMES));
  bytes[at + 2] = Math.floor(frames / FRAMES) % 60;
  bytes[at + 3] = frames % FRAMES;
}
