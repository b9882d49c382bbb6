import { InputError } from '@gadgetloom/core';

/** A little-endian unsigned number inside a record: name, offset in bytes, width in bytes. */
export type Field = readonly [name: string, at: number, width: 1 | 2 | 4];

type Numbers = Readonly<Record<string, number | undefined>>;

/** Largest value of a field, by its width in bytes. */
const LIMIT = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/**
 * Writes the numbers of `record` at the offsets of `fields`. A missing number is written as 0.
 *
 * @param path names the record in errors: `high[2]`
 * @throws InputError a value that does not fit its field
 */
export function writeFields(view: DataView, fields: readonly Field[], record: object, path: string): void {
  for (const [name, at, width] of fields) {
    writeNumber(view, at, width, (record as Numbers)[name] ?? 0, `${path}.${name}`);
  }
}

/** Reads the fields that {@link writeFields} writes. */
export function readFields(view: DataView, fields: readonly Field[]): Record<string, number> {
  const record: Record<string, number> = {};
  for (const [name, at, width] of fields) {
    record[name] = width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  }
  return record;
}

/** @throws InputError a value that does not fit */
export function writeNumber(view: DataView, at: number, width: 1 | 2 | 4, value: number, path: string): void {
  if (!Number.isInteger(value) || value < 0 || value > LIMIT[width]) {
    throw new InputError(`${path} is ${value}; it has to be a whole number from 0 to ${LIMIT[width]}.`, {
      field: path,
    });
  }
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Joins parts into one array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
