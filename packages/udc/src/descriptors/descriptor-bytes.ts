import { InputError } from '@gadgetloom/core';

/**
 * Splits a sequence of descriptors at their bLength. Each part is a view of `bytes`.
 *
 * @throws InputError a length below 2, or beyond the end
 */
export function splitDescriptors(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at]!;
    if (length < 2) throw new InputError(`Descriptor at byte ${at}: bLength is ${length}, the least is 2.`);
    if (at + length > bytes.length) {
      throw new InputError(
        `Descriptor at byte ${at}: bLength is ${length}, but only ${bytes.length - at} bytes are left.`,
      );
    }
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

/** Concatenates descriptors. */
export function joinDescriptors(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Checks type and length of the first descriptor of `bytes` and returns a view of it. */
export function expectDescriptor(bytes: Uint8Array, type: number, size: number, name: string): DataView {
  if (bytes.length < 2 || bytes[1] !== type) {
    throw new InputError(
      `Not ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} descriptor: bDescriptorType is ${bytes[1]}, expected ${type}.`,
    );
  }
  if (bytes[0]! < size || bytes[0]! > bytes.length) {
    throw new InputError(
      `The ${name} descriptor needs ${size} bytes: bLength is ${bytes[0]}, and ${bytes.length} are there.`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes[0]);
}

/** Largest value of a field, by its width in bytes. */
const LIMIT = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

/** Writes a little-endian field. @throws InputError the value does not fit, where a DataView would truncate it */
export function writeField(view: DataView, at: number, width: 1 | 2 | 4, value: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > LIMIT[width])
    throw new InputError(`${field} is ${value}; it has to be a whole number from 0 to ${LIMIT[width]}.`, { field });
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}
