import { InputError } from '@gadgetloom/core';
import { keyOf, keyOfCharacter, MODIFIER_KEYS } from '@gadgetloom/usb-classes/hid';
import { HidDevice } from './hid-device.ts';

/** Keys that a report holds beside the modifiers. */
const MAX_KEYS = 6;

/** A key: a character of the US layout, a name such as `'enter'`, `'f5'` or `'control'`, or a usage. */
export type Key = string | number;

/** A keyboard. Its calls resolve when the host has taken the last report. */
export class Keyboard extends HidDevice {
  readonly #down = new Set<number>();

  /** Presses keys together and releases them: `press('a')`, `press('control', 'alt', 'delete')`. */
  press(...keys: Key[]): Promise<void> {
    const strokes = keys.map(keyOf);
    const held = strokes.some(({ shift }) => shift) ? [MODIFIER_KEYS.shift] : [];
    const usages = [...held, ...strokes.map(({ usage }) => usage)].filter((usage) => !this.#down.has(usage));
    this.#expectRoom(usages);
    void this.send({ keys: [...this.#down, ...usages] });
    return this.send({ keys: [...this.#down] });
  }

  /** Holds keys down until {@link release}. @throws InputError more than six keys beside the modifiers are down */
  hold(...keys: Key[]): Promise<void> {
    const usages = keys.map((key) => keyOf(key).usage);
    this.#expectRoom(usages);
    for (const usage of usages) this.#down.add(usage);
    return this.send({ keys: [...this.#down] });
  }

  /** Releases keys, or all if none is given. */
  release(...keys: Key[]): Promise<void> {
    if (keys.length === 0) this.#down.clear();
    for (const key of keys) this.#down.delete(keyOf(key).usage);
    return this.send({ keys: [...this.#down] });
  }

  /**
   * Types text on the US layout. Line feeds are Enter.
   *
   * @throws InputError the layout has no key for a character; nothing is typed then
   */
  async type(text: string): Promise<void> {
    const characters = [...text];
    const wrong = characters.find((character) => keyOfCharacter(character) === undefined);
    if (wrong !== undefined)
      throw new InputError(`the US layout has no key for ${JSON.stringify(wrong)}. Press a key by its usage instead.`);
    for (const character of characters) await this.press(character);
  }

  #expectRoom(usages: readonly number[]): void {
    const keys = new Set([...this.#down, ...usages].filter((usage) => usage < MODIFIER_KEYS.control));
    if (keys.size > MAX_KEYS)
      throw new InputError(
        `${keys.size} keys would be down; a keyboard reports at most ${MAX_KEYS} beside the modifiers.`,
      );
  }
}
