import type { Bytes } from './class-definition.ts';

/** Hexadecimal text: pairs of digits, with or without spaces between them. */
export const HEX_BYTES = /^\s*([0-9a-fA-F]{2}\s*)*$/;

/** Returns the bytes of a field, or `undefined` if it holds something else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.every(isByte) ? Uint8Array.from(value) : undefined;
  if (typeof value !== 'string' || !HEX_BYTES.test(value)) return undefined;
  const digits = value.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}

/** {@link bytesOf} for a field that was checked. */
export function checkedBytes(value: Bytes): Uint8Array {
  return bytesOf(value) ?? new Uint8Array(0);
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}
