import type { GadgetDefinition, Text } from './definition.ts';
import { DEFAULT_LANGUAGE, languageId } from './language.ts';

/** Longest string in bytes of UTF-8 (USB_MAX_STRING_LEN). */
export const STRING_LIMIT = 126;
/** Most languages that the strings of a device or configuration may have (configfs.c, MAX_USB_STRING_LANGS). */
export const LANGUAGE_LIMIT = 2;

/** The language id of plain text. */
export function plainLanguage(gadget: GadgetDefinition): number {
  return languageId(gadget.language ?? DEFAULT_LANGUAGE) ?? languageId(DEFAULT_LANGUAGE)!;
}

/** Returns the language ids of texts in the order in which they first appear. Plain text is in `plain`. */
export function languagesOf(texts: readonly (Text | undefined)[], plain: number): number[] {
  const ids = new Set<number>();
  for (const text of texts) {
    if (typeof text === 'string') ids.add(plain);
    else if (text !== undefined) for (const language of Object.keys(text)) ids.add(languageId(language) ?? plain);
  }
  return [...ids];
}

/** Returns a text in one language. If that is missing, it returns the plain text, or else the first one. */
export function textIn(text: Text, language: number, plain: number): string {
  if (typeof text === 'string') return text;
  const given = Object.entries(text).map(([tag, words]) => [languageId(tag), words] as const);
  const find = (wanted: number) => given.find(([id]) => id === wanted)?.[1];
  return find(language) ?? find(plain) ?? given[0]?.[1] ?? '';
}
