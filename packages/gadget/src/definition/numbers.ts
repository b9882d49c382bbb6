import type { HexNumber } from './definition.ts';

/** The number that hexadecimal text stands for. */
export function numberOf(value: HexNumber): number {
  return Number(value);
}

/** A version, binary coded: 0x0105 for `'1.05'` and `'1.5'` is 1.50. */
export function versionOf(version: string | number): number {
  if (typeof version === 'number') return version;
  const [major = '0', minor = '0'] = version.split('.');
  return Number.parseInt(`${major}${minor.padEnd(2, '0')}`, 16);
}
