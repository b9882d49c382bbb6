import type { TransferType } from '@gadgetloom/udc';
import type { DescribedSpeed } from './speed.ts';

/** The encoding of bInterval (USB 2.0, 9.6.6; USB 3.2, 9.6.6). */
interface Counting {
  /** Milliseconds of one step. */
  readonly unit: number;
  /** True: the period is `unit` times 2 to the power of bInterval - 1. False: bInterval times `unit`. */
  readonly exponential: boolean;
  readonly largest: number;
}

const FRAMES: Counting = { unit: 1, exponential: false, largest: 255 };
const FRAME_POWERS: Counting = { unit: 1, exponential: true, largest: 16 };
const MICROFRAME_POWERS: Counting = { unit: 0.125, exponential: true, largest: 16 };

export type PeriodicType = Extract<TransferType, 'interrupt' | 'isochronous'>;

function counting(type: PeriodicType, speed: DescribedSpeed): Counting {
  if (speed !== 'full') return MICROFRAME_POWERS;
  return type === 'interrupt' ? FRAMES : FRAME_POWERS;
}

/** Returns the shortest and the longest period of the bus in milliseconds. */
export function intervalRange(type: PeriodicType, speed: DescribedSpeed): { shortest: number; longest: number } {
  const { unit, exponential, largest } = counting(type, speed);
  return { shortest: unit, longest: unit * (exponential ? 2 ** (largest - 1) : largest) };
}

/** Returns bInterval for the longest period that does not exceed `milliseconds`, or for the shortest period. */
export function intervalValue(type: PeriodicType, speed: DescribedSpeed, milliseconds: number): number {
  const { unit, exponential, largest } = counting(type, speed);
  const steps = milliseconds / unit;
  const value = exponential ? 1 + Math.floor(Math.log2(Math.max(1, steps))) : Math.floor(steps);
  return Math.min(largest, Math.max(1, value));
}

/** Milliseconds between two service intervals for a bInterval. */
export function intervalMilliseconds(type: PeriodicType, speed: DescribedSpeed, value: number): number {
  const { unit, exponential } = counting(type, speed);
  return unit * (exponential ? 2 ** (value - 1) : value);
}
