import { REPORT_TYPES, type ReportType } from './hid-numbers.ts';
import { descriptorError, ItemType, type ReportItem, reportItems } from './report-items.ts';
import type { HidDescription, ReportField } from './report-layout.ts';

/** Tags of main items (HID 1.11, 6.2.2.4). */
const Main = { INPUT: 8, OUTPUT: 9, COLLECTION: 10, FEATURE: 11, END_COLLECTION: 12 } as const;
/** Tags of global items (HID 1.11, 6.2.2.7). */
const Global = { USAGE_PAGE: 0, MINIMUM: 1, MAXIMUM: 2, SIZE: 7, ID: 8, COUNT: 9, PUSH: 10, POP: 11 } as const;
/** Tags of local items (HID 1.11, 6.2.2.8). */
const Local = { USAGE: 0, MINIMUM: 1, MAXIMUM: 2 } as const;

const FIELD_TYPES: Readonly<Record<number, ReportType>> = {
  [Main.INPUT]: 'input',
  [Main.OUTPUT]: 'output',
  [Main.FEATURE]: 'feature',
};
const APPLICATION = 1;
/** Bits of the data of Input, Output and Feature (HID 1.11, 6.2.2.5). */
const CONSTANT = 1;
const VARIABLE = 2;
const PAGE_SHIFT = 0x1_0000;
/**
 * Longest value in bits, and most values and usages of a field (Linux: hid-core.c, hid_parser_global, and HID_MAX_USAGES);
 * usages beyond are ignored, as Linux does.
 */
const MAX_SIZE = 32;
const MAX_COUNT = 12_288;
/** Most bytes of a report: what a control transfer to a Linux gadget has room for (composite.c, USB_COMP_EP0_BUFSIZ). */
const MAX_BYTES = 4096;

interface Globals {
  page: number;
  minimum: number;
  /** Maximum as an unsigned and as a signed number: the sign of the minimum decides. */
  maximum: readonly [unsigned: number, signed: number];
  size: number;
  count: number;
  id: number;
}
interface Draft {
  readonly type: ReportType;
  readonly id: number;
  bits: number;
  readonly fields: ReportField[];
}

/** Reads a report descriptor, item by item. */
class Parser {
  readonly #drafts = new Map<string, Draft>();
  readonly #applications: number[] = [];
  readonly #collections: number[] = [];
  readonly #stack: Globals[] = [];
  #globals: Globals = { page: 0, minimum: 0, maximum: [0, 0], size: 0, count: 0, id: 0 };
  #usages: number[] = [];
  #minimum: number | undefined;
  #firstWithoutId: number | undefined;

  parse(descriptor: Uint8Array): HidDescription {
    if (descriptor.length === 0) throw descriptorError(0, 'it is empty. A device has at least one collection.');
    for (const item of reportItems(descriptor)) this.#item(item);
    const open = this.#collections.at(-1);
    if (open !== undefined) throw descriptorError(open, 'this collection has no end. Add End Collection (c0).');
    if (this.#applications.length === 0)
      throw descriptorError(descriptor.length, 'there is no application collection (a1 01), so that no host binds.');
    if (this.#drafts.size === 0)
      throw descriptorError(descriptor.length, 'there is no report. Add an Input, Output or Feature item.');
    const reports = [...this.#drafts.values()].map(({ bits, ...draft }) => ({ ...draft, bytes: Math.ceil(bits / 8) }));
    const usesIds = reports.some(({ id }) => id > 0);
    return { descriptor: descriptor.slice(), usesIds, reports, applications: this.#applications };
  }

  #item(item: ReportItem): void {
    if (item.type === ItemType.MAIN) this.#main(item);
    else if (item.type === ItemType.GLOBAL) this.#global(item);
    else if (item.type === ItemType.LOCAL) this.#local(item);
    else throw descriptorError(item.offset, 'this item has the reserved type 3. Types are main, global and local.');
  }

  #main({ tag, unsigned, offset }: ReportItem): void {
    const type = FIELD_TYPES[tag];
    if (type !== undefined) this.#field(type, unsigned, offset);
    else if (tag === Main.COLLECTION) {
      if (unsigned === APPLICATION) {
        const usage = this.#usages[0];
        if (usage === undefined) throw descriptorError(offset, 'this application collection has no Usage before it.');
        this.#applications.push(usage);
      }
      this.#collections.push(offset);
    } else if (tag === Main.END_COLLECTION) {
      if (this.#collections.pop() === undefined)
        throw descriptorError(offset, 'End Collection ends no collection. Remove it, or add a Collection before it.');
    } else throw descriptorError(offset, `the main item ${tag} is reserved. Main items are 8 to 12.`);
    this.#usages = [];
    this.#minimum = undefined;
  }

  #field(type: ReportType, data: number, offset: number): void {
    const { size, count, id, minimum, maximum } = this.#globals;
    const constant = (data & CONSTANT) !== 0;
    const variable = (data & VARIABLE) !== 0;
    if (this.#collections.length === 0) throw descriptorError(offset, `this ${type} field is in no collection.`);
    if (size === 0 || count === 0)
      throw descriptorError(
        offset,
        `this ${type} field has Report Size ${size} and Report Count ${count}; both are needed.`,
      );
    const greatest = minimum < 0 ? maximum[1] : maximum[0];
    if (!constant && greatest < minimum)
      throw descriptorError(offset, `Logical Maximum is ${greatest}, less than Logical Minimum, ${minimum}.`);
    if (!constant && this.#usages.length === 0)
      throw descriptorError(offset, `this ${type} field has no Usage. Add one, or make the field constant (padding).`);
    if (id === 0) this.#firstWithoutId ??= offset;
    const key = `${type} ${id}`;
    const draft = this.#drafts.get(key) ?? { type, id, bits: 0, fields: [] };
    this.#drafts.set(key, draft);
    draft.fields.push({
      bit: draft.bits,
      size,
      count,
      variable,
      constant,
      logical: [minimum, greatest],
      usages: this.#usages,
    });
    draft.bits += size * count;
    if (draft.bits > MAX_BYTES * 8)
      throw descriptorError(offset, `the ${type} report ${id} is longer than ${MAX_BYTES} bytes.`);
  }

  #global({ tag, unsigned, signed, offset }: ReportItem): void {
    const globals = this.#globals;
    switch (tag) {
      case Global.USAGE_PAGE:
        if (unsigned === 0 || unsigned > 0xffff)
          throw descriptorError(offset, `Usage Page is ${unsigned}; 1 to 65535 is allowed.`);
        globals.page = unsigned;
        return;
      case Global.MINIMUM:
        globals.minimum = signed;
        return;
      case Global.MAXIMUM:
        globals.maximum = [unsigned, signed];
        return;
      case Global.SIZE:
        if (unsigned > MAX_SIZE)
          throw descriptorError(offset, `Report Size is ${unsigned}; 1 to ${MAX_SIZE} is allowed.`);
        globals.size = unsigned;
        return;
      case Global.COUNT:
        if (unsigned > MAX_COUNT)
          throw descriptorError(offset, `Report Count is ${unsigned}; 1 to ${MAX_COUNT} is allowed.`);
        globals.count = unsigned;
        return;
      case Global.ID:
        this.#reportId(unsigned, offset);
        return;
      case Global.PUSH:
        this.#stack.push({ ...globals });
        return;
      case Global.POP: {
        const pushed = this.#stack.pop();
        if (pushed === undefined) throw descriptorError(offset, 'Pop has no Push before it.');
        this.#globals = pushed;
        return;
      }
      default:
        // Physical limits and units do not change the layout.
        if (tag > Global.POP)
          throw descriptorError(offset, `the global item ${tag} is reserved. Global items are 0 to 11.`);
    }
  }

  #reportId(id: number, offset: number): void {
    if (id === 0 || id > 255) throw descriptorError(offset, `Report ID is ${id}; 1 to 255 is allowed.`);
    if (this.#firstWithoutId !== undefined)
      throw descriptorError(
        offset,
        `Report ID ${id} comes after the field at byte ${this.#firstWithoutId}, which has none. All reports need an id, or none.`,
      );
    this.#globals.id = id;
  }

  #local({ tag, size, unsigned, offset }: ReportItem): void {
    if (tag > Local.MAXIMUM) return;
    const { page } = this.#globals;
    if (size < 4 && page === 0) throw descriptorError(offset, 'a usage comes before the first Usage Page.');
    const usage = size === 4 ? unsigned : page * PAGE_SHIFT + unsigned;
    if (tag === Local.USAGE) this.#usages.push(usage);
    else if (tag === Local.MINIMUM) this.#minimum = usage;
    else {
      const minimum = this.#minimum;
      if (minimum === undefined) throw descriptorError(offset, 'Usage Maximum has no Usage Minimum before it.');
      if (usage < minimum) throw descriptorError(offset, 'Usage Maximum is less than Usage Minimum.');
      for (let each = minimum; each <= usage && this.#usages.length < MAX_COUNT; each++) this.#usages.push(each);
      this.#minimum = undefined;
    }
  }
}

/** The type of a report by the high byte of wValue, which counts from 1. */
export function reportType(number: number): ReportType | undefined {
  return REPORT_TYPES[number - 1];
}

/**
 * Checks a report descriptor, and returns the reports that it declares.
 *
 * @throws InputError with the place of the byte: an item is cut off or reserved, collections are not balanced, a report
 * has no usage or no size, report ids are mixed with reports that have none, or a limit of Linux is exceeded
 */
export function parseReportDescriptor(descriptor: Uint8Array): HidDescription {
  return new Parser().parse(descriptor);
}
