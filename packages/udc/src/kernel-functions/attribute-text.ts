import type { AttributeRule, NumberRule, NumbersRule } from './rules.ts';

/** Value of an attribute in a description. Numbers and bytes may be hexadecimal text: `'05 01 09 06'`. */
export type AttributeValue = string | number | boolean | Uint8Array | readonly (number | string)[];

/** Values that are allowed instead of this one, without a full stop; `undefined` if this one is allowed. */
export function attributeMisfit(rule: AttributeRule, value: unknown): string | undefined {
  return fits(rule, value) ? undefined : allowed(rule);
}

/** A value as text for the kernel. It must {@link attributeMisfit fit}. */
export function attributeText(rule: AttributeRule, value: AttributeValue): string | Uint8Array {
  switch (rule.kind) {
    case 'number':
      return numberText(rule, Number(value));
    case 'boolean':
      return Number(value) === 1 ? '1' : '0';
    case 'numbers':
      return listOf(value).map(Number).join(rule.separator);
    case 'bytes':
      return bytesOf(value)!;
    default:
      return String(value);
  }
}

/** True if the kernel shows the value that was written, perhaps in a format of its own. */
export function showsSame(rule: AttributeRule | undefined, shown: Uint8Array, wanted: string | Uint8Array): boolean {
  if (typeof wanted !== 'string')
    return shown.length === wanted.length && shown.every((byte, at) => byte === wanted[at]);
  // Some texts end with a zero.
  const found = new TextDecoder().decode(shown).replaceAll('\0', '');
  if (found.trimEnd() === wanted.trimEnd()) return true;
  switch (rule?.kind) {
    case undefined:
      return looseNumber(found) === looseNumber(wanted);
    case 'number':
      return sameNumber(rule, found, wanted);
    case 'numbers':
      return sameNumbers(rule, found, wanted);
    case 'ethernet-address':
      return found.trim().toLowerCase() === wanted.toLowerCase();
    case 'interface-name':
      return new RegExp(`^${wanted.split('%d').map(escaped).join('\\d+')}$`).test(found.trim());
    default:
      return false;
  }
}

function fits(rule: AttributeRule, value: unknown): boolean {
  switch (rule.kind) {
    case 'number':
      return isWithin(rule, value);
    case 'boolean':
      return typeof value === 'boolean' || value === 0 || value === 1;
    case 'text':
      return typeof value === 'string' && isLine(value, rule.most);
    case 'choice':
      return typeof value === 'string' && rule.values.includes(value);
    case 'numbers': {
      const list = listOf(value);
      return list.length > 0 && list.length <= rule.most && list.every((each) => isWithin(rule, each));
    }
    case 'bytes': {
      const bytes = bytesOf(value);
      return bytes !== undefined && bytes.length >= rule.least && bytes.length <= rule.most;
    }
    case 'ethernet-address':
      return typeof value === 'string' && isStation(value);
    case 'interface-name':
      return typeof value === 'string' && /^[^%/:\s]*%d[^%/:\s]*$/.test(value) && value.length < 16;
    case 'path':
      return typeof value === 'string' && isLine(value, 4095);
  }
}

/** The values that an attribute accepts, in words. */
function allowed(rule: AttributeRule): string {
  switch (rule.kind) {
    case 'number':
      return `a whole number from ${rule.from} to ${range(rule.to)}`;
    case 'boolean':
      return 'true or false';
    case 'text':
      return `text of one line, at most ${rule.most} bytes`;
    case 'choice':
      return rule.values.map((word) => `"${word}"`).join(' or ');
    case 'numbers':
      return `a whole number from ${rule.from} to ${range(rule.to)}, or a list of at most ${rule.most}`;
    case 'bytes': {
      const count = rule.least === rule.most ? `${rule.most} bytes` : `${rule.least} to ${rule.most} bytes`;
      return `${count}: a list of numbers from 0 to 255, or hexadecimal text such as "05 01 09 06"`;
    }
    case 'ethernet-address':
      return 'the Ethernet address of one station, such as "02:00:00:00:00:01"';
    case 'interface-name':
      return 'a name with one %d in it, such as "usb%d", shorter than 16 characters';
    case 'path':
      return 'the path of a file or block device';
  }
}

const range = (to: number): string => (to > 0xffff ? `0x${to.toString(16)}` : String(to));

function isWithin({ from, to }: { readonly from: number; readonly to: number }, value: unknown): boolean {
  const number = typeof value === 'string' && /^0x[\da-f]+$/i.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= from && number <= to;
}

function isLine(value: string, most: number): boolean {
  return value !== '' && !/[\0\n\r]/.test(value) && new TextEncoder().encode(value).length <= most;
}

/** is_valid_ether_addr: not for a group, not all zero. */
function isStation(value: string): boolean {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(value)) return false;
  return (Number.parseInt(value.slice(0, 2), 16) & 1) === 0 && !/^[0:]*$/.test(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value))
    return value.every((each) => isWithin({ from: 0, to: 0xff }, each)) ? Uint8Array.from(value, Number) : undefined;
  if (typeof value !== 'string' || !/^\s*([\da-f]{2}\s*)*$/i.test(value)) return undefined;
  return Uint8Array.from(value.match(/[\da-f]{2}/gi) ?? [], (digits) => Number.parseInt(digits, 16));
}

function numberText({ hexadecimal }: NumberRule, value: number): string {
  if (hexadecimal === undefined) return String(value);
  const digits = value.toString(16).padStart(2, '0');
  return hexadecimal === 'bare' ? digits : `0x${digits}`;
}

/** The kernel shows some unsigned numbers with a sign. */
function sameNumber({ hexadecimal }: NumberRule, found: string, wanted: string): boolean {
  const read = (text: string): number =>
    hexadecimal === 'bare' ? Number.parseInt(text, 16) : Number(text.trim() === '' ? Number.NaN : text);
  const [one, other] = [read(found), read(wanted)];
  return Number.isInteger(one) && Number.isInteger(other) && one >>> 0 === other >>> 0;
}

/** The kernel shows all bytes of a bitmap. */
function sameNumbers({ sorted }: NumbersRule, found: string, wanted: string): boolean {
  const read = (text: string): number[] => {
    const numbers = text
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    return sorted ? numbers.sort((a, b) => a - b) : numbers;
  };
  const [shown, written] = [read(found), read(wanted)];
  return shown.length >= written.length && shown.every((each, at) => each === (written[at] ?? 0));
}

/** Text that is not a number equals nothing. */
function looseNumber(text: string): number {
  return /^\s*(0x[\da-f]+|\d+)\s*$/i.test(text) ? Number(text) : Number.NaN;
}

const escaped = (text: string): string => text.replaceAll(/[^\w]/g, '\\$&');
