import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, type Outcome, reply, viewOf } from './command.ts';
import { canDiscard } from './vital-product-data.ts';

const MOST = 0xffff_ffff;
/** Logical block provisioning: UNMAP works, and unmapped blocks read as zeros (SBC-3, 5.16.2). */
const PROVISIONED_ZEROS = 0xc0;

/** Blocks are asked for only together with the partial medium indicator. */
function checkIndicator(block: bigint | number, indicator: number): void {
  if (indicator > 1 || (indicator === 0 && Number(block) !== 0)) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
}

/** READ CAPACITY (10) (SBC-3, 5.15). */
export function readCapacity10({ cdb, unit }: CommandContext): Outcome {
  checkIndicator(viewOf(cdb).getUint32(2), cdb[8]!);
  const { blocks, blockSize } = unit.present;
  const bytes = new Uint8Array(8);
  viewOf(bytes).setUint32(0, Math.min(blocks - 1, MOST));
  viewOf(bytes).setUint32(4, blockSize);
  return reply(bytes);
}

/** READ CAPACITY (16) (SBC-3, 5.16). */
export function readCapacity16(context: CommandContext): Outcome {
  const { cdb, unit, personality } = context;
  checkIndicator(viewOf(cdb).getBigUint64(2), cdb[14]!);
  const { blocks, blockSize } = unit.present;
  const bytes = new Uint8Array(32);
  viewOf(bytes).setBigUint64(0, BigInt(blocks - 1));
  viewOf(bytes).setUint32(8, blockSize);
  if (personality.commands.has(0x42) && canDiscard(context)) bytes[14] = PROVISIONED_ZEROS;
  return reply(bytes);
}

/** READ FORMAT CAPACITIES (MMC-3, 6.24): one descriptor, of the medium as it is. Windows sends it first. */
export function readFormatCapacities({ unit }: CommandContext): Outcome {
  const { blocks, blockSize } = unit.present;
  const bytes = new Uint8Array(12);
  bytes[3] = 8;
  viewOf(bytes).setUint32(4, Math.min(blocks, MOST));
  viewOf(bytes).setUint32(8, blockSize);
  bytes[8] = 0x02;
  return reply(bytes);
}
