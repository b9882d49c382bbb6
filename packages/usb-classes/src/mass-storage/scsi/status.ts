import { CheckCondition, fixedSense, Sense } from '../sense.ts';
import { type CommandContext, type Outcome, reply, viewOf } from './command.ts';

const DESCRIPTOR_FORMAT = 0x01;

/** REQUEST SENSE (SPC-4, 6.39): what the last command left, which is then forgotten. */
export function requestSense({ cdb, unit, personality }: CommandContext): Outcome {
  // Only the fixed format is known: hosts take it for an answer to either.
  if ((cdb[1]! & ~DESCRIPTOR_FORMAT) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  let { sense, information } = unit;
  if (personality.senseReportsAttention && sense === Sense.NONE && unit.attention !== Sense.NONE) {
    sense = unit.attention;
    information = undefined;
    unit.attention = Sense.NONE;
  }
  unit.clearSense();
  return reply(fixedSense(sense, information));
}

/** REQUEST SENSE of a unit that does not exist. */
export function requestSenseWithoutUnit(): Outcome {
  return reply(fixedSense(Sense.LOGICAL_UNIT_NOT_SUPPORTED));
}

/** REPORT LUNS (SPC-4, 6.33). */
export function reportLuns({ cdb, units }: CommandContext): Outcome {
  const WELL_KNOWN = 1;
  if (cdb[2]! > 2) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const told = cdb[2] === WELL_KNOWN ? [] : units;
  const bytes = new Uint8Array(8 + 8 * told.length);
  viewOf(bytes).setUint32(0, 8 * told.length);
  told.forEach((number, index) => {
    bytes[8 + 8 * index + 1] = number;
  });
  return reply(bytes);
}
