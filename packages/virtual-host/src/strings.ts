import { Errno } from '@gadgetloom/core';
import { DescriptorType, type SetupPacket } from '@gadgetloom/udc';
import { requests } from './requests.ts';

const usEnglish = 0x0409;
const longest = 255;
const tries = 3;

/** The device that strings are read from. */
export interface StringSource {
  readonly control: {
    /** A control transfer on the default pipe: bytes of the data stage, or a negative errno. */
    message(setup: SetupPacket, data: Uint8Array): Promise<number>;
  };
  /** True once the device is gone. */
  readonly lost: boolean;
  /** Called with every oddity of the device. */
  notice(text: string): void;
}

/**
 * The strings of a device, in the first language that it lists. Each string is read once, when it is first needed.
 * Source: message.c, usb_string and its neighbours.
 */
export class DeviceStrings {
  readonly #source: StringSource;
  readonly #known = new Map<number, string | undefined>();
  #language: number | undefined;
  #mute = false;

  constructor(source: StringSource) {
    this.#source = source;
  }

  /** The string that {@link read} found before; `undefined` if it found none, or has not looked. */
  known(index: number): string | undefined {
    return this.#known.get(index);
  }

  /** Reads a string once. @returns `undefined` if the index is 0 or the device does not send it */
  async read(index: number): Promise<string | undefined> {
    if (index === 0) return undefined;
    if (!this.#known.has(index)) this.#known.set(index, await this.#fetch(index));
    return this.#known.get(index);
  }

  /** Reads a string from the device again and does not remember it, to see whether it has changed. */
  async reread(index: number): Promise<string | undefined> {
    return index === 0 ? undefined : this.#fetch(index);
  }

  async #fetch(index: number): Promise<string | undefined> {
    const language = await this.#languageId();
    if (language === undefined) return undefined;
    const bytes = await this.#descriptor(index, language);
    return typeof bytes === 'number' ? undefined : decodeUtf16(bytes.subarray(2));
  }

  async #languageId(): Promise<number | undefined> {
    if (this.#language !== undefined || this.#mute) return this.#language;
    const table = await this.#descriptor(0, 0);
    if (typeof table !== 'number' && table.length >= 4) {
      this.#language = table[2]! | (table[3]! << 8);
    } else if (typeof table !== 'number' || table === -Errno.ENODATA) {
      this.#source.notice('the device lists no language; using US English');
      this.#language = usEnglish;
    } else if (!this.#source.lost) {
      this.#source.notice('the device gives no strings');
      this.#mute = true;
    }
    return this.#language;
  }

  /** A whole string descriptor, or a negative errno (usb_string_sub). */
  async #descriptor(index: number, language: number): Promise<Uint8Array | number> {
    const buffer = new Uint8Array(longest);
    let length = await this.#ask(buffer, requests.getString(index, language, longest));
    if (length < 2) {
      length = await this.#ask(buffer, requests.getString(index, language, 2));
      if (length === 2) length = await this.#ask(buffer, requests.getString(index, language, buffer[0]!));
    }
    if (length < 0) return length;
    // Some devices send junk after the descriptor, or an odd number of bytes.
    const end = Math.min(length, buffer[0]!) & ~1;
    return end < 2 ? -Errno.EINVAL : buffer.subarray(0, end);
  }

  async #ask(buffer: Uint8Array, setup: SetupPacket): Promise<number> {
    if (setup.length === 0) return -Errno.EINVAL;
    let result = 0;
    for (let attempt = 0; attempt < tries; attempt++) {
      result = await this.#source.control.message(setup, buffer.subarray(0, setup.length));
      if (result === 0 || result === -Errno.EPIPE) continue;
      if (result <= 1 || buffer[1] === DescriptorType.STRING) break;
      result = -Errno.ENODATA;
    }
    return result;
  }
}

function decodeUtf16(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at]! | (bytes[at + 1]! << 8));
  return text;
}
