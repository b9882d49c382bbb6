import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, type Outcome, reply } from './command.ts';
import { deviceType } from './device-type.ts';
import { vitalPage } from './vital-product-data.ts';

const LENGTH = 36;
/** Qualifier and type where there is no unit (SPC-4, 6.4.2). */
const NO_UNIT = 0x7f;
const REMOVABLE = 0x80;
const EVPD = 0x01;
/** Characters of vendor, product and revision. */
const TEXT = 28;

/** INQUIRY (SPC-4, 6.4). */
export function inquiry(context: CommandContext): Outcome {
  const { cdb, unit, personality } = context;
  if ((cdb[1]! & EVPD) !== 0) return reply(vitalPage(cdb[2]!, context));
  if (cdb[2] !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const bytes = new Uint8Array(LENGTH);
  bytes[0] = deviceType(unit.cdrom);
  bytes[1] = unit.removable ? REMOVABLE : 0;
  bytes[2] = personality.version;
  bytes[3] = 2;
  bytes[4] = LENGTH - 5;
  bytes.set(ascii(unit.inquiryText, TEXT), 8);
  return reply(bytes);
}

/** INQUIRY of a unit that does not exist. */
export function inquiryWithoutUnit(): Outcome {
  const bytes = new Uint8Array(LENGTH);
  bytes[0] = NO_UNIT;
  bytes[4] = LENGTH - 5;
  return reply(bytes);
}

/** Text in a field of fixed length, padded with spaces. */
export function ascii(text: string, length: number): Uint8Array {
  return new TextEncoder().encode(text.padEnd(length)).subarray(0, length);
}
