import { UsageError } from '../usage-error.ts';

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
};

/**
 * Reads a size as people write it: `65536`, `64k`, `64 KiB`, `1.5 MB`.
 *
 * @param option the option it belongs to, for the message
 * @throws UsageError
 */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = match && FACTORS[match[2]!.toLowerCase()];
  const bytes = match && factor ? Number(match[1]) * factor : Number.NaN;
  if (bytes > Number.MAX_SAFE_INTEGER) throw new UsageError(`${option} is "${text}"; allowed is at most 8191 TiB.`);
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(`${option} is "${text}"; allowed is a number of bytes, such as 65536, 64k, "64 KiB" or 1MB.`);
  }
  return bytes;
}

/** Reads a whole number from 1 to `most`. @throws UsageError */
export function parseCount(text: string, option: string, most: number): number {
  const count = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= 1 && count <= most))
    throw new UsageError(`${option} is "${text}"; allowed is a whole number from 1 to ${most}.`);
  return count;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB'];

function scaled(value: number, base: number, names: readonly string[]): string {
  let step = 0;
  let rest = value;
  while (rest >= base && step < names.length - 1) {
    rest /= base;
    step++;
  }
  const digits = step === 0 || rest >= 100 || Number.isInteger(rest) ? 0 : rest >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${names[step]}`;
}

/** Formats bytes: `64 KiB`, `1.50 MiB`. */
export const formatSize = (bytes: number): string => scaled(bytes, 1024, BINARY);

/** Formats a rate: `3.90 GB/s`. */
export const formatRate = (bytesPerSecond: number): string => `${scaled(bytesPerSecond, 1000, DECIMAL)}/s`;

/** Formats seconds: `1.28 s`, `43.8 ms`. */
export function formatSeconds(seconds: number): string {
  const milliseconds = seconds * 1000;
  if (milliseconds >= 300) return `${seconds.toFixed(2)} s`;
  return `${milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(3)} ms`;
}

/** Formats a count with spaces between thousands: `19 834`. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, '\u00a0');

/** Formats a count with a noun: `1 transfer`, `2 transfers`. */
export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
