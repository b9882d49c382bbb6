import { KernelError } from '@gadgetloom/core';
import { encodeLanguages, encodeStringDescriptor, MAX_STRING_UNITS } from '../descriptors/string-descriptor.ts';
import type { StringTable } from '../usb-function.ts';

/** Ids 1 to 254; 0 is the list of languages (composite.c, usb_string_id). */
const LAST_STRING_ID = 254;

/** A table whose strings have consecutive ids from `firstId`. */
export interface NumberedTable extends StringTable {
  readonly firstId: number;
}

/**
 * The string ids of a device and the tables of the device itself; functions keep theirs.
 * Source: composite.c, usb_gstrings_attach and get_string; usbstring.c.
 */
export class DeviceStrings {
  readonly #attached: NumberedTable[] = [];
  #lastId = 0;

  /**
   * usb_gstrings_attach: adds tables of the same strings in several languages.
   *
   * @returns ids in the order of the first table
   * @throws KernelError EINVAL no table; ENODEV no id is left
   */
  attach(tables: readonly StringTable[]): readonly number[] {
    const [first] = tables;
    if (first === undefined) throw new KernelError('EINVAL', 'usb_gstrings_attach', 'give at least one language.');
    const { numbered, ids } = this.number(tables);
    this.#attached.push(...numbered);
    return ids;
  }

  /** usb_string_ids_n for tables that somebody else keeps. @throws KernelError ENODEV no id is left */
  number(tables: readonly StringTable[]): {
    readonly numbered: readonly NumberedTable[];
    readonly ids: readonly number[];
  } {
    const count = tables[0]?.strings.length ?? 0;
    const firstId = this.#lastId + 1;
    if (this.#lastId + count > LAST_STRING_ID) {
      throw new KernelError('ENODEV', 'usb_string_ids', `a device has at most ${LAST_STRING_ID} strings.`);
    }
    this.#lastId += count;
    const numbered = tables.map(({ language, strings }) => ({ language, strings: strings.slice(0, count), firstId }));
    return { numbered, ids: Array.from({ length: count }, (_, index) => firstId + index) };
  }

  /** Clears all tables and ids, as unbinding does. */
  clear(): void {
    this.#attached.length = 0;
    this.#lastId = 0;
  }

  /** String descriptor 0: the languages, those of functions first. `undefined` if there are none. */
  languages(functionTables: readonly NumberedTable[]): Uint8Array | undefined {
    const languages = new Set([...functionTables, ...this.#attached].map((table) => table.language));
    if (languages.size === 0) return undefined;
    return encodeLanguages([...languages].slice(0, MAX_STRING_UNITS));
  }

  /** A string descriptor; `undefined` if no table has the id in this language. */
  lookup(id: number, language: number, functionTables: readonly NumberedTable[]): Uint8Array | undefined {
    for (const table of [...this.#attached, ...functionTables]) {
      if (table.language !== language) continue;
      const text = table.strings[id - table.firstId];
      const descriptor = text === undefined ? undefined : encodeText(text);
      if (descriptor !== undefined) return descriptor;
    }
    return undefined;
  }
}

/** Like usb_gadget_get_string: uses the first 126 bytes of UTF-8; `undefined` if that splits a character. */
function encodeText(text: string): Uint8Array | undefined {
  const utf8 = new TextEncoder().encode(text);
  if (utf8.length <= MAX_STRING_UNITS) return encodeStringDescriptor(text);
  try {
    return encodeStringDescriptor(new TextDecoder('utf-8', { fatal: true }).decode(utf8.subarray(0, MAX_STRING_UNITS)));
  } catch {
    return undefined;
  }
}
