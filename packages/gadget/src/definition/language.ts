/**
 * Language tags and their ids in USB (USB Language Identifiers, 1.0). Programs give any other language by its id, such
 * as `'0x0409'`.
 */
const LANGUAGES: Readonly<Record<string, number>> = {
  'ar-SA': 0x0401,
  'bg-BG': 0x0402,
  'ca-ES': 0x0403,
  'zh-TW': 0x0404,
  'cs-CZ': 0x0405,
  'da-DK': 0x0406,
  'de-DE': 0x0407,
  'el-GR': 0x0408,
  'en-US': 0x0409,
  'fi-FI': 0x040b,
  'fr-FR': 0x040c,
  'he-IL': 0x040d,
  'hu-HU': 0x040e,
  'is-IS': 0x040f,
  'it-IT': 0x0410,
  'ja-JP': 0x0411,
  'ko-KR': 0x0412,
  'nl-NL': 0x0413,
  'nb-NO': 0x0414,
  'pl-PL': 0x0415,
  'pt-BR': 0x0416,
  'ro-RO': 0x0418,
  'ru-RU': 0x0419,
  'hr-HR': 0x041a,
  'sk-SK': 0x041b,
  'sv-SE': 0x041d,
  'th-TH': 0x041e,
  'tr-TR': 0x041f,
  'id-ID': 0x0421,
  'uk-UA': 0x0422,
  'sl-SI': 0x0424,
  'et-EE': 0x0425,
  'lv-LV': 0x0426,
  'lt-LT': 0x0427,
  'vi-VN': 0x042a,
  'hi-IN': 0x0439,
  'de-CH': 0x0807,
  'zh-CN': 0x0804,
  'en-GB': 0x0809,
  'es-MX': 0x080a,
  'fr-BE': 0x080c,
  'pt-PT': 0x0816,
  'de-AT': 0x0c07,
  'en-AU': 0x0c09,
  'es-ES': 0x0c0a,
  'fr-CA': 0x0c0c,
  'en-CA': 0x1009,
  'fr-CH': 0x100c,
};

export const LANGUAGE_TAGS: readonly string[] = Object.keys(LANGUAGES);

/** Language of plain text if the gadget sets none. */
export const DEFAULT_LANGUAGE = 'en-US';

/** Language id of a tag or of hexadecimal text; `undefined` for anything that is neither. */
export function languageId(language: string): number | undefined {
  if (Object.hasOwn(LANGUAGES, language)) return LANGUAGES[language];
  return /^0x[0-9a-f]{1,4}$/i.test(language) && acceptable(Number(language)) ? Number(language) : undefined;
}

/** The tag of a language id, or the id as text. */
export function languageTag(id: number): string {
  return LANGUAGE_TAGS.find((tag) => LANGUAGES[tag] === id) ?? `0x${id.toString(16).padStart(4, '0')}`;
}

/**
 * True for ids that the kernel accepts (usbstring.c, usb_validate_langid): bits 9..0 language, above them region or
 * usage.
 */
function acceptable(id: number): boolean {
  const primary = id & 0x3ff;
  const sub = id >> 10;
  const reserved = primary === 0 || (primary >= 0x62 && primary <= 0xfe) || (primary >= 0x100 && primary <= 0x3ff);
  return !reserved && sub !== 0;
}
