import { InputError, suggestion } from '@gadgetloom/core';

/** A key, and whether the character needs Shift. */
export interface KeyStroke {
  readonly usage: number;
  readonly shift: boolean;
}

/** Usages of the modifier keys (HID Usage Tables 1.5, section 10). */
export const MODIFIER_KEYS = {
  control: 0xe0,
  shift: 0xe1,
  alt: 0xe2,
  meta: 0xe3,
  rightControl: 0xe4,
  rightShift: 0xe5,
  rightAlt: 0xe6,
  rightMeta: 0xe7,
} as const;

const FIRST_LETTER = 0x04;
/** Characters by key, from usage 0x1e on, without Shift and with it, on the US layout. `\0` stands for a key without one. */
const PLAIN = "1234567890\n\0\0\t -=[]\\\0;'`,./";
const SHIFTED = '!@#$%^&*()\0\0\0\0\0_+{}|\0:"~<>?';
const FIRST_DIGIT = 0x1e;

/** Keys without a character. */
const NAMED: Readonly<Record<string, number>> = {
  ...MODIFIER_KEYS,
  enter: 0x28,
  escape: 0x29,
  backspace: 0x2a,
  tab: 0x2b,
  space: 0x2c,
  capsLock: 0x39,
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at + 1}`, 0x3a + at])),
  printScreen: 0x46,
  scrollLock: 0x47,
  pause: 0x48,
  insert: 0x49,
  home: 0x4a,
  pageUp: 0x4b,
  delete: 0x4c,
  end: 0x4d,
  pageDown: 0x4e,
  right: 0x4f,
  left: 0x50,
  down: 0x51,
  up: 0x52,
  numLock: 0x53,
  menu: 0x65,
};

/** Finds the key of a character on the US layout. `undefined`: there is none. */
export function keyOfCharacter(character: string): KeyStroke | undefined {
  if (character.length !== 1 || character === '\0') return undefined;
  if (/[a-zA-Z]/.test(character)) {
    const letter = character.toLowerCase();
    return { usage: FIRST_LETTER + letter.charCodeAt(0) - 97, shift: letter !== character };
  }
  const plain = PLAIN.indexOf(character);
  if (plain >= 0) return { usage: FIRST_DIGIT + plain, shift: false };
  const shifted = SHIFTED.indexOf(character);
  return shifted >= 0 ? { usage: FIRST_DIGIT + shifted, shift: true } : undefined;
}

/**
 * Finds a key: a character of the US layout (`'a'`, `'A'` with Shift), a name (`'enter'`, `'f5'`, `'control'`), or its usage
 * on the keyboard page.
 *
 * @throws InputError there is no such key
 */
export function keyOf(key: string | number): KeyStroke {
  if (typeof key === 'number') {
    if (Number.isInteger(key) && key > 0 && key <= 0xe7) return { usage: key, shift: false };
    throw new InputError(`key ${key}: usages of keys are 1 to 231.`);
  }
  const named = Object.hasOwn(NAMED, key) ? NAMED[key] : undefined;
  const stroke = named === undefined ? keyOfCharacter(key) : { usage: named, shift: false };
  if (stroke !== undefined) return stroke;
  throw new InputError(
    `there is no key ${JSON.stringify(key)}${suggestion(key, Object.keys(NAMED))} Give a character of the US layout, a name or a usage.`,
  );
}
