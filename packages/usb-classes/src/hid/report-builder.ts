/** Bits of Input, Output and Feature items (HID 1.11, 6.2.2.5). */
export const FieldBits = { CONSTANT: 1, ARRAY: 0, VARIABLE: 2, RELATIVE: 6, NULL_STATE: 0x42 } as const;

/** Items by name, with the value of their tag and type (HID 1.11, 6.2.2). */
const ITEMS = {
  input: 0x80,
  output: 0x90,
  feature: 0xb0,
  collection: 0xa0,
  endCollection: 0xc0,
  usagePage: 0x04,
  logicalMinimum: 0x14,
  logicalMaximum: 0x24,
  reportSize: 0x74,
  reportId: 0x84,
  reportCount: 0x94,
  usage: 0x08,
  usageMinimum: 0x18,
  usageMaximum: 0x28,
} as const;

/** Name of an item. */
export type ItemName = keyof typeof ITEMS;

/** Items that have a sign: their value decides how many bytes it needs. */
const SIGNED: ReadonlySet<ItemName> = new Set(['logicalMinimum', 'logicalMaximum']);

/** A list of items, as `[name, value]`; End Collection has no value. */
export type ItemList = readonly (readonly [name: ItemName, value?: number])[];

/**
 * Writes a report descriptor. Each value takes 1, 2 or 4 bytes, whatever it needs.
 *
 * @example
 * buildReportDescriptor([['usagePage', 1], ['usage', 6], ['collection', 1], ..., ['endCollection']]);
 */
export function buildReportDescriptor(items: ItemList): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(items.flatMap(([name, value]) => encode(name, value)));
}

function encode(name: ItemName, value: number | undefined): number[] {
  if (value === undefined) return [ITEMS[name]];
  const size = sizeOf(value, SIGNED.has(name));
  const bytes = Array.from({ length: size }, (_, at) => (value >> (8 * at)) & 0xff);
  return [ITEMS[name] | (size === 4 ? 3 : size), ...bytes];
}

function sizeOf(value: number, signed: boolean): 1 | 2 | 4 {
  const [byte, word] = signed ? [0x7f, 0x7fff] : [0xff, 0xffff];
  if (value >= -byte - 1 && value <= byte) return 1;
  return value >= -word - 1 && value <= word ? 2 : 4;
}

/** Bits that fill the report up to a whole byte. */
export function padding(bits: number): ItemList {
  const rest = (8 - (bits % 8)) % 8;
  return rest === 0
    ? []
    : [
        ['reportSize', rest],
        ['reportCount', 1],
        ['input', FieldBits.CONSTANT],
      ];
}
