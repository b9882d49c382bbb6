import { CheckCondition, Sense } from '../sense.ts';
import { type CommandContext, viewOf } from './command.ts';
import { deviceType } from './device-type.ts';

/** Pages of vital product data (SPC-4, 7.8; SBC-3, 6.5). */
const Page = {
  SUPPORTED: 0x00,
  SERIAL: 0x80,
  IDENTIFICATION: 0x83,
  LIMITS: 0xb0,
  CHARACTERISTICS: 0xb1,
  PROVISIONING: 0xb2,
} as const;

/** Most blocks of a read or write that is done in one go: 32 MiB of 512 bytes. */
const MOST_BLOCKS = 0xffff;
/** Most blocks of one descriptor of UNMAP, and most descriptors. */
const MOST_UNMAPPED = 0x40_0000;
const MOST_DESCRIPTORS = 255;
const NON_ROTATING = 1;
const TEXT = { ascii: 2, t10: 1 } as const;

/** A page of vital product data, header included. @throws CheckCondition there is no such page */
export function vitalPage(code: number, context: CommandContext): Uint8Array {
  const body = bodyOf(code, context);
  if (body === undefined) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
  const page = new Uint8Array(4 + body.length);
  page[0] = deviceType(context.unit.cdrom);
  page[1] = code;
  viewOf(page).setUint16(2, body.length);
  page.set(body, 4);
  return page;
}

function bodyOf(code: number, context: CommandContext): Uint8Array | undefined {
  const { unit } = context;
  switch (code) {
    case Page.SUPPORTED:
      return Uint8Array.from(Object.values(Page).filter((page) => page === code || bodyOf(page, context)));
    case Page.SERIAL:
      return unit.serial === undefined ? undefined : new TextEncoder().encode(unit.serial);
    case Page.IDENTIFICATION:
      return identification(context);
    case Page.LIMITS:
      return unit.cdrom ? undefined : limits(context);
    case Page.CHARACTERISTICS:
      return unit.cdrom ? undefined : characteristics();
    case Page.PROVISIONING:
      return canDiscard(context) ? Uint8Array.of(0, 0xe4, 0x02, 0) : undefined;
    default:
      return undefined;
  }
}

/** Whether the medium takes UNMAP. */
export const canDiscard = ({ unit }: Pick<CommandContext, 'unit'>): boolean =>
  unit.medium?.store.discard !== undefined && !unit.medium.readOnly;

/** One designator: vendor, product and serial number (T10 vendor ID based). */
function identification({ unit }: CommandContext): Uint8Array {
  const name = new TextEncoder().encode(`${unit.inquiryText.slice(0, 24)}${unit.serial ?? ''}`);
  const body = new Uint8Array(4 + name.length);
  body[0] = TEXT.ascii;
  body[1] = TEXT.t10;
  body[3] = name.length;
  body.set(name, 4);
  return body;
}

function limits(context: CommandContext): Uint8Array {
  const body = new Uint8Array(60);
  const view = viewOf(body);
  view.setUint32(4, MOST_BLOCKS);
  if (canDiscard(context)) {
    view.setUint32(16, MOST_UNMAPPED);
    view.setUint32(20, MOST_DESCRIPTORS);
    view.setUint32(24, 1);
    view.setUint32(36, MOST_BLOCKS);
  }
  return body;
}

function characteristics(): Uint8Array {
  const body = new Uint8Array(60);
  viewOf(body).setUint16(0, NON_ROTATING);
  return body;
}
