import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, DONE, type Outcome, viewOf } from './command.ts';
import type { Medium } from './logical-unit.ts';
import { demand, flushMedium } from './store-access.ts';

/** Cache bits of byte 1: disable page out, force unit access. */
const DPO = 0x10;
const FUA = 0x08;
const BYTE_CHECK = 0x02;
const IMMEDIATE = 0x02;
/** Bytes that VERIFY reads in one go. */
const VERIFIED = 64 * 1024;

/** Where a CDB has the first block. */
export type BlockField = (cdb: Uint8Array) => number;

/** READ (6), WRITE (6): 21 bits. */
export const BLOCK_6: BlockField = (cdb) => ((cdb[1]! & 0x1f) << 16) | viewOf(cdb).getUint16(2);
/** The commands of 10 and 12 bytes. */
export const BLOCK_10: BlockField = (cdb) => viewOf(cdb).getUint32(2);
/** The commands of 16 bytes. A block beyond 2^53 is on no medium. */
export const BLOCK_16: BlockField = (cdb) => Number(viewOf(cdb).getBigUint64(2));

/** READ (6), (10), (12), (16) (SBC-3, 5.9 to 5.13). */
export const read =
  (block: BlockField, blocks: BlockField, flags = true) =>
  (context: CommandContext): Outcome => {
    if (flags) checkCacheBits(context.cdb);
    const medium = context.unit.present;
    return { kind: 'read', medium, at: placeOf(context, block(context.cdb), blocks(context.cdb)) };
  };

/** WRITE (6), (10), (12), (16) (SBC-3, 5.32 to 5.36). */
export const write =
  (block: BlockField, blocks: BlockField, flags = true) =>
  (context: CommandContext): Outcome => {
    const { cdb, unit } = context;
    const medium = unit.present;
    checkWritable(medium);
    if (flags) checkCacheBits(cdb);
    const forced = flags && (cdb[1]! & FUA) !== 0 && !unit.ignoreForceUnitAccess;
    const at = placeOf(context, block(cdb), blocks(cdb));
    return { kind: 'write', medium, at, stable: forced || !unit.writeCache };
  };

/** SYNCHRONIZE CACHE (10), (16): the whole medium, whatever the range (SBC-3, 5.22). */
export async function synchronizeCache({ cdb, unit }: CommandContext): Promise<Outcome> {
  // IMMED may answer before the data is stable; a flush that is a flush does not.
  if ((cdb[1]! & ~IMMEDIATE) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const failure = await flushMedium(unit, unit.present);
  if (failure !== undefined) throw failure;
  return DONE;
}

/** VERIFY (10), (16): reads the blocks, or compares them with what the host sends (SBC-3, 5.28). */
export const verify =
  (block: BlockField, blocks: BlockField) =>
  async (context: CommandContext): Promise<Outcome> => {
    const { cdb, unit, personality } = context;
    const compares = personality.verifiesBytes && (cdb[1]! & BYTE_CHECK) !== 0;
    const at = placeOf(context, block(cdb), blocks(cdb));
    if ((cdb[1]! & ~(compares ? DPO | BYTE_CHECK : DPO)) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    const medium = unit.present;
    if (compares) return { kind: 'compare', medium, at };
    const { store, blockSize, blocks: all } = medium;
    const end = at + blocks(cdb) * blockSize;
    // What the caches hold is not verified: it goes to the medium first, and an error shows up in the reads.
    if (end > at) await flushMedium(unit, medium);
    const bytes = new Uint8Array(VERIFIED);
    for (let here = at; here < end; here += VERIFIED) {
      const length = Math.min(VERIFIED, end - here, all * blockSize - here);
      if (length <= 0) throw new CheckCondition(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, here / blockSize);
      await demand(unit, 'read', here / blockSize, () => store.read(here, bytes.subarray(0, length)));
    }
    return DONE;
  };

/** @throws CheckCondition the medium is write-protected */
export function checkWritable({ readOnly }: Medium): void {
  if (readOnly) throw new CheckCondition(Sense.WRITE_PROTECTED);
}

/** Byte of the medium where a range of blocks begins. @throws CheckCondition the medium ends before */
export function placeOf({ unit, personality }: CommandContext, block: number, blocks: number): number {
  const medium = unit.present;
  const needed = personality.movesUpToTheEnd ? 1 : blocks;
  // SBC allows an empty range that begins at the end of the medium; the kernel does not.
  if (block + needed > medium.blocks || block > medium.blocks)
    throw new CheckCondition(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
  return block * medium.blockSize;
}

function checkCacheBits(cdb: Uint8Array): void {
  if ((cdb[1]! & ~(DPO | FUA)) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
}
