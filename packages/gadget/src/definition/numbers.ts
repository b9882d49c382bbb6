import type { HexNumber } from './definition.ts';

/** Converts a number, or its hexadecimal text, to a number. */
export function numberOf(value: HexNumber): number {
  return Number(value);
}

/** Converts a version to binary coded decimal: `'1.05'` is 0x0105, and `'1.5'` is 0x0150. */
export function versionOf(version: string | number): number {
  if (typeof version === 'number') return version;
  const [major = '0', minor = '0'] = version.split('.');
  return Number.parseInt(`${major}${minor.padEnd(2, '0')}`, 16);
}
