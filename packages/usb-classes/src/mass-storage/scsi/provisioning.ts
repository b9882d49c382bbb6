import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, type Outcome, viewOf } from './command.ts';
import { demand } from './store-access.ts';
import { type BlockField, checkWritable, placeOf } from './transfer.ts';
import { canDiscard } from './vital-product-data.ts';

const ANCHOR = 0x01;
const UNMAP_BIT = 0x08;
const HEADER = 8;
const DESCRIPTOR = 16;
/** Bytes that WRITE SAME writes in one go. */
const FILLED = 64 * 1024;

/** UNMAP (SBC-3, 5.25). @throws CheckCondition the store cannot */
export function unmap(context: CommandContext): Outcome {
  const medium = context.unit.present;
  if (!medium.readOnly && !canDiscard(context)) throw new CheckCondition(Sense.INVALID_COMMAND);
  checkWritable(medium);
  if ((context.cdb[1]! & ANCHOR) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  return { kind: 'parameters', take: (bytes) => unmapRanges(bytes, context) };
}

/** WRITE SAME (10), (16) (SBC-3, 5.43 and 5.44): one block for all, or UNMAP where it is zeros and the store can. */
export const writeSame =
  (block: BlockField, blocks: BlockField) =>
  (context: CommandContext): Outcome => {
    const { cdb, unit } = context;
    const medium = unit.present;
    checkWritable(medium);
    if ((cdb[1]! & ~UNMAP_BIT) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    const first = block(cdb);
    const count = blocks(cdb) === 0 ? medium.blocks - first : blocks(cdb);
    const at = placeOf(context, first, Math.max(count, 1));
    const unmaps = (cdb[1]! & UNMAP_BIT) !== 0;
    const fill = (pattern: Uint8Array): Promise<void> =>
      fillBlocks(context, at, count * medium.blockSize, pattern, unmaps);
    return {
      kind: 'parameters',
      take: async (bytes) => {
        // The host ended early: there is no block to write.
        if (bytes.length < medium.blockSize) throw new CheckCondition(Sense.PARAMETER_LIST_LENGTH_ERROR);
        await fill(bytes.subarray(0, medium.blockSize));
      },
    };
  };

async function unmapRanges(bytes: Uint8Array, context: CommandContext): Promise<void> {
  if (bytes.length === 0) return;
  if (bytes.length < HEADER) throw new CheckCondition(Sense.PARAMETER_LIST_LENGTH_ERROR);
  const view = viewOf(bytes);
  const told = Math.min(view.getUint16(2), bytes.length - HEADER);
  const ranges = Array.from({ length: Math.floor(told / DESCRIPTOR) }, (_, index) => {
    const at = HEADER + index * DESCRIPTOR;
    return { block: Number(view.getBigUint64(at)), blocks: view.getUint32(at + 8) };
  });
  // All or nothing: a range that is not on the medium is found before anything is given up.
  for (const { block, blocks } of ranges) placeOf(context, block, blocks);
  const { store, blockSize } = context.unit.present;
  for (const { block, blocks } of ranges)
    if (blocks > 0)
      await demand(context.unit, 'write', block, () => store.discard?.(block * blockSize, blocks * blockSize));
}

async function fillBlocks(
  context: CommandContext,
  at: number,
  length: number,
  pattern: Uint8Array,
  unmaps: boolean,
): Promise<void> {
  const { store, blockSize } = context.unit.present;
  if (unmaps && store.discard !== undefined && pattern.every((byte) => byte === 0)) {
    await demand(context.unit, 'write', at / blockSize, () => store.discard?.(at, length));
    return;
  }
  const piece = new Uint8Array(Math.min(FILLED, length));
  for (let here = 0; here < piece.length; here += blockSize) piece.set(pattern, here);
  for (let here = 0; here < length; here += piece.length)
    await demand(context.unit, 'write', (at + here) / blockSize, () =>
      store.write(at + here, piece.subarray(0, Math.min(piece.length, length - here))),
    );
}
