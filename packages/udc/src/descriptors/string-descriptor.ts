import { InputError } from '@gadgetloom/core';
import { DescriptorType } from '../chapter9.ts';
import { expectDescriptor, writeField } from './descriptor-bytes.ts';

/** Most UTF-16 units of a string descriptor: bLength is one byte (USB_MAX_STRING_LEN). */
export const MAX_STRING_UNITS = 126;

/** A string descriptor in UTF-16. @throws InputError more than 126 UTF-16 units */
export function encodeStringDescriptor(text: string): Uint8Array {
  if (text.length > MAX_STRING_UNITS) {
    throw new InputError(`A string descriptor holds ${MAX_STRING_UNITS} UTF-16 units; this text has ${text.length}.`);
  }
  return encodeUnits(Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)));
}

/** @throws InputError not a string descriptor */
export function decodeStringDescriptor(bytes: Uint8Array): string {
  return String.fromCharCode(...decodeUnits(bytes));
}

/** String descriptor 0: language ids. @throws InputError more than 126, or an id beyond 0xffff */
export function encodeLanguages(languages: readonly number[]): Uint8Array {
  if (languages.length > MAX_STRING_UNITS) {
    throw new InputError(`String descriptor 0 holds ${MAX_STRING_UNITS} languages; these are ${languages.length}.`);
  }
  return encodeUnits(languages);
}

/** Language ids of string descriptor 0. @throws InputError not a string descriptor */
export function decodeLanguages(bytes: Uint8Array): number[] {
  return decodeUnits(bytes);
}

function encodeUnits(units: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * units.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, bytes.length);
  view.setUint8(1, DescriptorType.STRING);
  units.forEach((unit, index) => {
    writeField(view, 2 + 2 * index, 2, unit, `languages[${index}]`);
  });
  return bytes;
}

function decodeUnits(bytes: Uint8Array): number[] {
  const view = expectDescriptor(bytes, DescriptorType.STRING, 2, 'string');
  return Array.from({ length: (view.byteLength - 2) >> 1 }, (_, index) => view.getUint16(2 + 2 * index, true));
}
