import { InputError, suggestion } from '@gadgetloom/core';
import { type ReportField, type ReportLayout, usageAt } from './report-layout.ts';
import { listName, usageName } from './usage-names.ts';

/**
 * What a report says, by name. `x`, `y`, `z`, `rx`, `ry`, `rz`, `slider`, `dial`, `wheel` and `hat` are numbers. `buttons`,
 * `leds`, `keys` and `controls` are the usages that are on: `{ buttons: [1, 3] }`. Other fields have the name of their
 * usage, `'ff00:0001'`; a field of several values under one usage is a list.
 */
export type ReportValues = Readonly<Record<string, number | readonly number[]>>;

const PAGE_SHIFT = 0x1_0000;

/** One name of a report, and the places of its values. */
interface Slot {
  readonly name: string;
  readonly field: ReportField;
  /** Index of the first value in the field. */
  readonly index: number;
  readonly kind: 'number' | 'numbers' | 'bits' | 'array';
}

function slots({ fields }: ReportLayout): Slot[] {
  return fields.filter(({ constant }) => !constant).flatMap(slotsOf);
}

function slotsOf(field: ReportField): Slot[] {
  const first = usageAt(field, 0)!;
  const list = listName(first);
  if (!field.variable) return [{ name: list ?? usageName(first), field, index: 0, kind: 'array' }];
  if (list !== undefined && field.size === 1) return [{ name: list, field, index: 0, kind: 'bits' }];
  if (field.usages.length === 1 && field.count > 1)
    return [{ name: usageName(first), field, index: 0, kind: 'numbers' }];
  return Array.from({ length: field.count }, (_, index) => ({
    ...{ name: usageName(usageAt(field, index)!), field, index, kind: 'number' as const },
  }));
}

/** Names that the values of a report may have. */
export function valueNames(layout: ReportLayout): string[] {
  return [...new Set(slots(layout).map(({ name }) => name))];
}

/**
 * Writes a report, without its id. What is not named is 0 (or nearest to 0), or off.
 *
 * @throws InputError a name is not in the report, a value is out of range, or more usages are on than the report holds
 */
export function encodeReport(layout: ReportLayout, values: ReportValues): Uint8Array<ArrayBuffer> {
  const all = slots(layout);
  const bytes = new Uint8Array(layout.bytes);
  for (const name of Object.keys(values)) {
    if (all.some((slot) => slot.name === name)) continue;
    const names = valueNames(layout);
    throw wrong(layout, `it has no "${name}"${suggestion(name, names)} It has ${names.join(', ')}.`);
  }
  const placed = new Map<string, number[]>();
  for (const { name, field, index, kind } of all) {
    const value = values[name];
    if (kind === 'number') {
      const [least, greatest] = field.logical;
      const rest = Math.min(Math.max(0, least), greatest);
      write(bytes, layout, field, index, name, typeof value === 'number' ? value : (value?.[0] ?? rest));
      continue;
    }
    const list = typeof value === 'number' ? [value] : (value ?? []);
    if (kind === 'numbers') {
      if (list.length > field.count)
        throw wrong(layout, `"${name}" has ${list.length} values, at most ${field.count}.`);
      for (const [at, number] of list.entries()) write(bytes, layout, field, at, name, number);
    } else placed.set(name, [...(placed.get(name) ?? []), ...place(bytes, layout, field, kind, list)]);
  }
  for (const [name, found] of placed) {
    const list = values[name];
    const missing = (typeof list === 'number' ? [list] : (list ?? [])).find((usage) => !found.includes(usage));
    if (missing !== undefined) throw wrong(layout, `"${name}" has no place for ${missing}.`);
  }
  return bytes;
}

/** Switches usages on, and returns those that the field has a place for. */
function place(
  bytes: Uint8Array,
  layout: ReportLayout,
  field: ReportField,
  kind: 'bits' | 'array',
  list: readonly number[],
): number[] {
  const usages = Array.from({ length: kind === 'bits' ? field.count : 0 }, (_, at) => usageAt(field, at)! % PAGE_SHIFT);
  const found: number[] = [];
  for (const usage of list) {
    const index = kind === 'bits' ? usages.indexOf(usage) : arrayIndex(field, usage);
    if (index === undefined || index < 0) continue;
    if (kind === 'bits') writeBits(bytes, field.bit + index * field.size, field.size, 1);
    else if (found.length < field.count) writeBits(bytes, field.bit + found.length * field.size, field.size, index);
    else throw wrong(layout, `more than ${field.count} of "${listName(usageAt(field, 0)!)}" are on at a time.`);
    found.push(usage);
  }
  return found;
}

/** The value that stands for a usage in an array (HID 1.11, 6.2.2.5). */
function arrayIndex({ usages, logical: [least, greatest] }: ReportField, usage: number): number | undefined {
  const at = usages.findIndex((each) => each % PAGE_SHIFT === usage);
  return at < 0 || at + least > greatest ? undefined : at + least;
}

/** Reads a report, without its id. Missing bytes are 0. */
export function decodeReport(layout: ReportLayout, bytes: Uint8Array): ReportValues {
  const values: Record<string, number | number[]> = {};
  for (const { name, field, index, kind } of slots(layout)) {
    const read = (at: number): number => readBits(bytes, field.bit + at * field.size, field.size, field.logical[0] < 0);
    if (kind === 'number') {
      values[name] ??= read(index);
      continue;
    }
    const all = Array.from({ length: field.count }, (_, at) => read(at));
    const list = kind === 'numbers' ? all : kind === 'bits' ? bitsOn(field, all) : arrayOn(field, all);
    values[name] = [...((values[name] as number[] | undefined) ?? []), ...list];
  }
  return values;
}

function bitsOn(field: ReportField, values: readonly number[]): number[] {
  return values.flatMap((value, at) => (value === 0 ? [] : [usageAt(field, at)! % PAGE_SHIFT]));
}

function arrayOn(field: ReportField, values: readonly number[]): number[] {
  const [least, greatest] = field.logical;
  return values.flatMap((value) => {
    const usage = value < least || value > greatest ? undefined : field.usages[value - least];
    // Usage 0 says that nothing is on.
    return usage === undefined || usage % PAGE_SHIFT === 0 ? [] : [usage % PAGE_SHIFT];
  });
}

function write(
  bytes: Uint8Array,
  layout: ReportLayout,
  { bit, size, logical: [least, greatest] }: ReportField,
  index: number,
  name: string,
  value: number,
): void {
  if (!Number.isInteger(value) || value < least || value > greatest)
    throw wrong(layout, `"${name}" is ${value}; ${least} to ${greatest} is allowed.`);
  writeBits(bytes, bit + index * size, size, value);
}

function writeBits(bytes: Uint8Array, bit: number, size: number, value: number): void {
  for (let at = 0; at < size; at++) {
    const place = bit + at;
    if (((value >> at) & 1) === 1) bytes[place >> 3]! |= 1 << (place & 7);
  }
}

function readBits(bytes: Uint8Array, bit: number, size: number, signed: boolean): number {
  let value = 0;
  for (let at = 0; at < size; at++) {
    const place = bit + at;
    if ((((bytes[place >> 3] ?? 0) >> (place & 7)) & 1) === 1) value += 2 ** at;
  }
  return signed && value >= 2 ** (size - 1) ? value - 2 ** size : value;
}

function wrong({ type, id }: ReportLayout, problem: string): InputError {
  return new InputError(`${type} report${id === 0 ? '' : ` ${id}`}: ${problem}`);
}
