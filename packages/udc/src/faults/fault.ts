import { InputError, MICROSECOND } from '@gadgetloom/core';
import type { Direction } from '../chapter9.ts';

/** Kinds of fault: at the controller, on the cable, on the way to memory, and on the way to the driver. */
export type FaultKind =
  | 'nak'
  | 'babble'
  | 'crc'
  | 'stall'
  | 'disconnect'
  | 'bus error'
  | 'lost event'
  | 'late interrupt'
  | 'failed'
  | 'refused';

/**
 * The threshold of a fault, counted from its request in exactly one of these units. `bytes` are counted in whole
 * packets: a packet that would exceed the threshold does not move. Transactions are packets, SETUP and status stages,
 * and stalls, but not NAKs. A transfer is one of the host; with the mock it is a request of the gadget. A microframe is
 * 125 microseconds of the stack's clock, and `time` is in nanoseconds of that clock.
 */
export type FaultThreshold =
  | { readonly bytes: number }
  | { readonly packets: number }
  | { readonly transactions: number }
  | { readonly transfers: number }
  | { readonly microframes: number }
  | { readonly time: number };

/** Where, when and how often a fault happens. */
export interface FaultOptions {
  /**
   * Address on the bus (0x81), or all data endpoints of a direction; all data endpoints unless given. 0 is endpoint 0,
   * and `'all'` means the data endpoints and endpoint 0.
   */
  readonly endpoint?: number | Direction | 'all' | undefined;
  /** At once unless given. */
  readonly after?: FaultThreshold;
  /** How often, at least 1; once unless given. `Infinity`: until disposed. */
  readonly times?: number;
}

/** A requested fault. Disposing takes it back: it does not happen (again). */
export interface Fault extends Disposable {
  readonly kind: FaultKind;
  /** How often it has happened. */
  readonly hits: number;
  /** True once it has happened as often as it should, or was taken back. */
  readonly over: boolean;
}

/** One microframe in nanoseconds. */
export const MICROFRAME = 125 * MICROSECOND;

/** The host gives up a transaction after this many errors in a row (USB 2.0, 10.2.6). */
export const STRIKES = 3;

/** Unit of a threshold. */
export type ThresholdUnit = 'bytes' | 'packets' | 'transactions' | 'transfers' | 'time';

const FACTORS = { bytes: 1, packets: 1, transactions: 1, transfers: 1, microframes: MICROFRAME, time: 1 } as const;

/** @throws InputError not exactly one unit, or not a number of at least 0 */
export function parseThreshold(after: FaultThreshold | undefined): { unit: ThresholdUnit; amount: number } {
  const entries = Object.entries(after ?? { bytes: 0 });
  const [unit, count] = entries[0] ?? ['', Number.NaN];
  if (entries.length !== 1 || !(unit in FACTORS))
    throw new InputError(
      `after: give exactly one of ${Object.keys(FACTORS).join(', ')}; found ${JSON.stringify(after)}.`,
      { field: 'after' },
    );
  if (typeof count !== 'number' || !(count >= 0))
    throw new InputError(`after.${unit} is ${String(count)}; it has to be a number, at least 0.`, {
      field: `after.${unit}`,
    });
  const amount = count * FACTORS[unit as keyof typeof FACTORS];
  return { unit: unit === 'microframes' ? 'time' : (unit as ThresholdUnit), amount };
}

/** @throws InputError not a number of nanoseconds of at least 0 */
export function parseDelay(by: number): number {
  if (by >= 0) return by;
  throw new InputError(`by is ${by}; it has to be a number of nanoseconds, at least 0.`, { field: 'by' });
}

/** What a backend says that was asked for a fault that it cannot do. @param reason as {@link Faults.whyNot} has it */
export function cannot(fault: string, reason: string | undefined): InputError {
  return new InputError(`${fault} is not possible with this backend: ${reason}`);
}

/** @throws InputError neither a whole number of at least 1 nor Infinity */
export function parseTimes(times = 1): number {
  if (times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times >= 1)) return times;
  throw new InputError(`times is ${times}; it has to be a whole number, at least 1, or Infinity.`, { field: 'times' });
}
