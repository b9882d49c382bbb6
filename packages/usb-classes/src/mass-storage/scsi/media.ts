import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, DONE, type Outcome } from './command.ts';
import { flushMedium } from './store-access.ts';

const IMMEDIATE = 0x01;
const START = 0x01;
const LOAD_EJECT = 0x02;
const POWER_CONDITION = 0xf0;
const PREVENT = 0x01;

/** START STOP UNIT (SBC-3, 5.20): stopping with LOEJ ejects the medium. */
export async function startStop({ cdb, unit, personality }: CommandContext): Promise<Outcome> {
  const operation = cdb[4]!;
  if (!unit.removable && personality.refusesStartStopOfFixed) throw new CheckCondition(Sense.INVALID_COMMAND);
  const knowsPower = !personality.refusesStartStopOfFixed;
  // Power conditions are for the drive to decide: nothing spins here.
  if (knowsPower && (operation & POWER_CONDITION) !== 0) return DONE;
  if ((cdb[1]! & ~IMMEDIATE) !== 0 || (operation & ~(START | LOAD_EJECT)) !== 0)
    throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  if ((operation & START) !== 0) {
    if (unit.medium === undefined) throw new CheckCondition(Sense.MEDIUM_NOT_PRESENT);
    return DONE;
  }
  if (unit.locked && (unit.removable || (operation & LOAD_EJECT) !== 0))
    throw new CheckCondition(Sense.MEDIUM_REMOVAL_PREVENTED);
  if ((operation & LOAD_EJECT) === 0) return DONE;
  if (!unit.removable) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  await flushMedium(unit, unit.medium);
  unit.eject('host');
  return DONE;
}

/** PREVENT ALLOW MEDIUM REMOVAL (SPC-4, 6.16). */
export async function preventAllow({ cdb, unit }: CommandContext): Promise<Outcome> {
  if (!unit.removable) throw new CheckCondition(Sense.INVALID_COMMAND);
  if ((cdb[4]! & ~PREVENT) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const prevent = (cdb[4]! & PREVENT) !== 0;
  // The host has no use for the error of this flush (do_prevent_allow).
  if (unit.locked && !prevent) await flushMedium(unit, unit.medium);
  unit.lock(prevent);
  return DONE;
}
