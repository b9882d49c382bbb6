import { InputError } from '@gadgetloom/core';
import type { StringTable } from '@gadgetloom/udc';
import { checkSize } from './descriptor-rules.ts';
import { concatBytes, viewOf, writeNumber } from './field-layout.ts';
import { BlobRejected, type Rejection, rejectionOf, undecodable } from './rejection.ts';
import { BLOB_MAX, Magic } from './uapi.ts';

/** The strings of one language in a blob: UTF-8, without the terminating zeros. */
export interface RawStrings {
  readonly language: number;
  readonly strings: readonly Uint8Array[];
}

const HEAD_SIZE = 16;

/**
 * Encodes what is written to ep0 second: the same number of strings for every language.
 *
 * @throws InputError languages with a different number of strings, or text that UTF-8 or a C string cannot hold
 */
export function encodeStrings(languages: readonly StringTable[]): Uint8Array {
  const count = languages[0]?.strings.length ?? 0;
  const parts: Uint8Array[] = [new Uint8Array(HEAD_SIZE)];
  languages.forEach((table, n) => {
    if (table.strings.length !== count) {
      const message = `languages[${n}] has ${table.strings.length} strings, the first language has ${count}; all need the same number.`;
      throw new InputError(message, { field: `languages[${n}].strings` });
    }
    const id = new Uint8Array(2);
    writeNumber(viewOf(id), 0, 2, table.language, `languages[${n}].language`);
    parts.push(id, ...table.strings.map((text, m) => encodeText(text, `languages[${n}].strings[${m}]`)));
  });
  const blob = concatBytes(parts);
  const view = viewOf(blob);
  [Magic.STRINGS, blob.length, count, languages.length].forEach((word, n) => {
    view.setUint32(4 * n, word, true);
  });
  return blob;
}

function encodeText(text: string, field: string): Uint8Array {
  if (text.includes('\0')) throw new InputError(`${field} contains a zero character, which ends a string.`, { field });
  const bytes = new TextEncoder().encode(`${text}\0`);
  if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== `${text}\0`) {
    throw new InputError(`${field} contains half of a surrogate pair, which UTF-8 cannot hold.`, { field });
  }
  return bytes;
}

/**
 * Decodes a strings blob; {@link encodeStrings} gives the same bytes again.
 *
 * @throws InputError the kernel would refuse it, or not look at all of it, or a string is not UTF-8
 */
export function decodeStrings(blob: Uint8Array): StringTable[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const count = blob.length < HEAD_SIZE ? 0 : viewOf(blob).getUint32(8, true);
    const tables = acceptStrings(blob, count);
    if (count === 0 && blob.length > HEAD_SIZE)
      throw refused(HEAD_SIZE, 'end', 'bytes follow, but there are no strings');
    return tables.map(({ language, strings }) => ({ language, strings: strings.map((text) => decoder.decode(text)) }));
  } catch (error) {
    if (error instanceof BlobRejected) throw undecodable('strings', error);
    if (error instanceof TypeError) throw new InputError('A string of this blob is not UTF-8.', {}, { cause: error });
    throw error;
  }
}

/**
 * Whether the kernel accepts a strings blob (f_fs.c, __ffs_data_got_strings).
 *
 * @param needed how many strings the descriptors refer to; if none, the rest of the blob is not looked at
 * @returns what write(2) fails with, where and why; `undefined` if it is accepted
 */
export function validateStrings(blob: Uint8Array, needed: number): Rejection | undefined {
  return rejectionOf(() => acceptStrings(blob, needed));
}

/**
 * Accepts or refuses a strings blob, in the kernel's order of checks.
 *
 * @returns the first `needed` strings of every language; an empty list if none is needed
 * @throws BlobRejected
 */
export function acceptStrings(blob: Uint8Array, needed: number): RawStrings[] {
  checkSize(blob);
  const view = viewOf(blob);
  const [magic, length, stringCount, languageCount] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (magic !== Magic.STRINGS) throw refused(0, 'head', `the magic is ${magic}; strings have 2`);
  if (length !== blob.length)
    throw refused(4, 'head', `the length is ${length}, but ${blob.length} bytes were written`);
  if ((stringCount === 0) !== (languageCount === 0)) {
    throw refused(8, 'head', `${stringCount} strings in ${languageCount} languages: either both are 0 or none is`);
  }
  if (stringCount < needed) {
    throw refused(8, 'head', `there are ${stringCount} strings, the descriptors refer to ${needed}`);
  }
  if (needed === 0) return [];
  checkTables(languageCount, needed);
  const tables: RawStrings[] = [];
  let at = HEAD_SIZE;
  for (let n = 1; n <= languageCount; n++) {
    if (blob.length - at < 3) throw refused(at, `language ${n}`, 'the blob ends here');
    const table = { language: view.getUint16(at, true), strings: [] as Uint8Array[] };
    at += 2;
    for (let m = 1; m <= stringCount; m++) {
      const end = blob.indexOf(0, at);
      if (end < 0) throw refused(at, `string ${m} of language ${n}`, 'it has no terminating zero');
      if (m <= needed) table.strings.push(blob.slice(at, end));
      at = end + 1;
    }
    tables.push(table);
  }
  if (at < blob.length) throw refused(at, 'end', `${blob.length - at} bytes follow the last string`);
  return tables;
}

function refused(offset: number, where: string, reason: string): BlobRejected {
  return new BlobRejected('EINVAL', offset, where, reason);
}

/** The kernel's tables for the strings are one allocation: pointers (8 bytes), tables and strings (16 bytes each). */
function checkTables(languages: number, needed: number): void {
  const bytes = (languages + 1) * 8 + languages * 16 + languages * (needed + 1) * 16;
  if (bytes > BLOB_MAX) throw new BlobRejected('ENOMEM', 12, 'head', `no memory for tables of ${languages} languages`);
}
