import type { UsbSpeed } from '@gadgetloom/udc';

/** All speeds, slowest first. */
export const SPEEDS: readonly UsbSpeed[] = ['low', 'full', 'high', 'super', 'super-plus'];

/** The slower of two speeds: what a host and a device of these speeds agree on. */
export function slowerOf(a: UsbSpeed, b: UsbSpeed): UsbSpeed {
  return SPEEDS.indexOf(a) < SPEEDS.indexOf(b) ? a : b;
}

/** True where USB 3 rules hold. */
export function isSuperSpeed(speed: UsbSpeed): boolean {
  return speed === 'super' || speed === 'super-plus';
}
