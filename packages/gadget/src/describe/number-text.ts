/** Formats a number as hexadecimal digits. */
export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Formats a binary coded version: 0x0210 is 2.10. */
export function bcd(version: number): string {
  return `${(version >> 8).toString(16)}.${hex(version & 0xff, 2)}`;
}
