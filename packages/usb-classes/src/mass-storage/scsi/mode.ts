import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, DONE, type Outcome, reply, viewOf } from './command.ts';
import type { ModePage } from './personality.ts';

const ALL_PAGES = 0x3f;
const WRITE_PROTECT = 0x80;
const DPO_FUA = 0x10;
const DISABLE_BLOCK_DESCRIPTORS = 0x08;
const LONG_LBA = 0x10;
const PAGE_FORMAT = 0x10;
const SAVE_PAGES = 0x01;
const CACHING = 0x08;
const WRITE_CACHE_ENABLE = 0x04;
/** Values that MODE SENSE is asked for (SPC-4, table 371). */
const CHANGEABLE = 1;
const SAVED = 3;

/** The caching page with everything that hosts look at; prefetch is not limited (f_mass_storage.c, do_mode_sense). */
function caching(writeCache: boolean): Uint8Array {
  const flags = writeCache ? WRITE_CACHE_ENABLE : 0;
  return Uint8Array.of(flags, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff);
}

/** Caching page as the kernel has it: the write cache is always on. */
export const KERNEL_CACHING_PAGE: ModePage = { code: CACHING, bytes: () => caching(true) };

/** Error recovery: nothing is corrected or retried. */
export const ERROR_RECOVERY_PAGE: ModePage = { code: 0x01, bytes: () => new Uint8Array(10) };

/** Caching page whose write cache can be turned off. */
export const CACHING_PAGE: ModePage = {
  code: CACHING,
  bytes: ({ writeCache }) => caching(writeCache),
  changeable: Uint8Array.of(WRITE_CACHE_ENABLE, 0, 0, 0, 0, 0, 0, 0, 0, 0),
};

/** Informational exceptions: none are reported. Windows asks for it. */
export const INFORMATIONAL_EXCEPTIONS_PAGE: ModePage = { code: 0x1c, bytes: () => new Uint8Array(10) };

/** MODE SENSE (6) and (10) (SPC-4, 6.11 and 6.12). */
export const modeSense =
  (header: 4 | 8) =>
  ({ cdb, unit, personality }: CommandContext): Outcome => {
    const allowed = header === 4 ? DISABLE_BLOCK_DESCRIPTORS : DISABLE_BLOCK_DESCRIPTORS | LONG_LBA;
    // The kernel knows no LLBAA; it is harmless without block descriptors.
    const known = personality.intends === 'allocation' ? DISABLE_BLOCK_DESCRIPTORS : allowed;
    if ((cdb[1]! & ~known) !== 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    const control = cdb[2]! >> 6;
    const code = cdb[2]! & ALL_PAGES;
    if (control === SAVED) throw new CheckCondition(Sense.SAVING_PARAMETERS_NOT_SUPPORTED);
    const pages = personality.modePages.filter((page) => code === ALL_PAGES || page.code === code);
    if (pages.length === 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    const bodies = pages.flatMap((page) => {
      const body = page.bytes({ writeCache: unit.writeCache });
      const shown = control === CHANGEABLE ? (page.changeable ?? new Uint8Array(body.length)) : body;
      return [page.code, shown.length, ...shown];
    });
    const bytes = new Uint8Array(header + bodies.length);
    bytes.set(bodies, header);
    const protectedMedium = unit.medium?.readOnly ?? unit.readOnly;
    const flags = (protectedMedium ? WRITE_PROTECT : 0) | (personality.tellsForceUnitAccess ? DPO_FUA : 0);
    if (header === 4) {
      bytes[0] = bytes.length - 1;
      bytes[2] = flags;
    } else {
      viewOf(bytes).setUint16(0, bytes.length - 2);
      bytes[3] = flags;
    }
    return reply(bytes);
  };

/** MODE SELECT (6) and (10) (SPC-4, 6.9 and 6.10): only what a page calls changeable can be changed. */
export const modeSelect =
  (header: 4 | 8) =>
  (context: CommandContext): Outcome => {
    const flags = context.cdb[1]!;
    if ((flags & ~(PAGE_FORMAT | SAVE_PAGES)) !== 0 || (flags & SAVE_PAGES) !== 0)
      throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    return { kind: 'parameters', take: async (bytes) => takePages(bytes, header, context) };
  };

/** Where the kernel refuses MODE SELECT. */
export function refuseCommand(): Outcome {
  throw new CheckCondition(Sense.INVALID_COMMAND);
}

/** A command that needs nothing but a unit that is ready. */
export const succeed = (): Outcome => DONE;

function takePages(bytes: Uint8Array, header: 4 | 8, context: CommandContext): void {
  if (bytes.length === 0) return;
  if (bytes.length < header) throw new CheckCondition(Sense.PARAMETER_LIST_LENGTH_ERROR);
  const descriptors = header === 4 ? bytes[3]! : viewOf(bytes).getUint16(6);
  let { writeCache } = context.unit;
  let at = header + descriptors;
  if (at > bytes.length) throw new CheckCondition(Sense.PARAMETER_LIST_LENGTH_ERROR);
  while (at < bytes.length) {
    const page = context.personality.modePages.find(({ code }) => code === (bytes[at]! & ALL_PAGES));
    const length = bytes[at + 1] ?? 0;
    const body = bytes.subarray(at + 2, at + 2 + length);
    if (body.length < length) throw new CheckCondition(Sense.PARAMETER_LIST_LENGTH_ERROR);
    const present = page?.bytes({ writeCache });
    if (page === undefined || present?.length !== length || !mayBecome(present, body, page.changeable))
      throw new CheckCondition(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    if (page.code === CACHING) writeCache = (body[0]! & WRITE_CACHE_ENABLE) !== 0;
    at += 2 + length;
  }
  context.unit.writeCache = writeCache;
}

/** Whether two pages differ in changeable bits only. */
function mayBecome(present: Uint8Array, wanted: Uint8Array, changeable: Uint8Array | undefined): boolean {
  return present.every((byte, index) => ((byte ^ wanted[index]!) & ~(changeable?.[index] ?? 0)) === 0);
}
