import type { UsbSpeed } from './chapter9.ts';

/** Speeds, slowest first. */
export const SPEEDS: readonly UsbSpeed[] = ['low', 'full', 'high', 'super', 'super-plus'];

/** True if `speed` is `other` or faster. */
export function atLeast(speed: UsbSpeed | undefined, other: UsbSpeed): boolean {
  return speed !== undefined && SPEEDS.indexOf(speed) >= SPEEDS.indexOf(other);
}

/** The slower of two speeds. */
export function slower(one: UsbSpeed, other: UsbSpeed): UsbSpeed {
  return atLeast(one, other) ? other : one;
}

/** True at SuperSpeed and above, where descriptors, packet sizes and power are those of USB 3. */
export function isSuperSpeed(speed: UsbSpeed | undefined): boolean {
  return atLeast(speed, 'super');
}
