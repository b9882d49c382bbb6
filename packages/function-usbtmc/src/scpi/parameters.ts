import { ScpiError } from './errors.ts';

/**
 * A parameter: a number (scaled by its unit: `10 mV` is 0.01), text (of a string, or character data such as `MAX`), or
 * the bytes of a block.
 */
export type ScpiValue = number | string | Uint8Array;

/** Multipliers of units (IEEE 488.2, 7.7.3; SCPI 1999, volume 1, 7.1.2). `MA` is mega. */
const MULTIPLIERS: Readonly<Record<string, number>> = {
  ...{ EX: 1e18, PE: 1e15, T: 1e12, G: 1e9, MA: 1e6, K: 1e3, M: 1e-3, U: 1e-6, N: 1e-9, P: 1e-12, F: 1e-15 },
  '': 1,
};
const UNITS = ['V', 'A', 'HZ', 'S', 'OHM', 'W', 'F', 'H', 'C', 'CEL', 'K', 'DB', 'DBM', 'DEG', 'RAD', 'PCT', 'M', 'J'];
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:\s*E\s*[+-]?\d+)?/i;
const RADIX = /^#(?:H([\dA-F]+)|Q([0-7]+)|B([01]+))$/i;

/** Reads a parameter. @throws ScpiError -102, -131, -151, -161 */
export function parseParameter(text: string): ScpiValue {
  if (text.startsWith('"') || text.startsWith("'")) return quoted(text);
  if (text.startsWith('#')) return radix(text) ?? block(text);
  const number = NUMBER.exec(text)?.[0];
  if (number !== undefined)
    return Number(number.replaceAll(/\s/g, '')) * multiplier(text.slice(number.length).trim().toUpperCase());
  if (/^[A-Z]\w*$/i.test(text) || (text.startsWith('(') && text.endsWith(')'))) return text;
  throw new ScpiError(-102, text.slice(0, 32));
}

function quoted(text: string): string {
  const quote = text[0]!;
  if (text.length < 2 || !text.endsWith(quote)) throw new ScpiError(-151);
  const inner = text.slice(1, -1);
  if (inner.replaceAll(quote + quote, '').includes(quote)) throw new ScpiError(-151);
  return inner.replaceAll(quote + quote, quote);
}

function radix(text: string): number | undefined {
  const match = RADIX.exec(text);
  if (match === null) return undefined;
  const [, hexadecimal, octal, binary] = match;
  if (hexadecimal !== undefined) return Number.parseInt(hexadecimal, 16);
  return octal === undefined ? Number.parseInt(binary!, 2) : Number.parseInt(octal, 8);
}

function block(text: string): Uint8Array {
  const extent = blockExtent(text, 0);
  if (extent === undefined || extent.end !== text.length) throw new ScpiError(-161);
  return bytesOf(text.slice(extent.start, extent.end));
}

/** Where the data of a block lies whose `#` is at `at`. `undefined`: it is none, or it ends too early. */
export function blockExtent(text: string, at: number): { start: number; end: number } | undefined {
  const digits = Number(/^\d/.exec(text.slice(at + 1, at + 2))?.[0] ?? Number.NaN);
  if (Number.isNaN(digits)) return undefined;
  // Indefinite: up to the end of the message.
  if (digits === 0) return { start: at + 2, end: text.endsWith('\n') ? text.length - 1 : text.length };
  const length = text.slice(at + 2, at + 2 + digits);
  const start = at + 2 + digits;
  const end = start + Number(length);
  return /^\d+$/.test(length) && length.length === digits && end <= text.length ? { start, end } : undefined;
}

function multiplier(suffix: string): number {
  if (suffix === '') return 1;
  // These two mean mega, against the rule (SCPI 1999, volume 1, 7.1.2).
  if (suffix === 'MHZ' || suffix === 'MOHM') return 1e6;
  for (const unit of UNITS) {
    const factor = suffix.endsWith(unit) ? MULTIPLIERS[suffix.slice(0, suffix.length - unit.length)] : undefined;
    if (factor !== undefined) return factor;
  }
  throw new ScpiError(-131, suffix.slice(0, 32));
}

/** One character for each byte, so that blocks survive. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Undoes {@link textOf}. Characters that no byte has become `?`. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes[at] = code > 0xff ? 0x3f : code;
  }
  return bytes;
}
