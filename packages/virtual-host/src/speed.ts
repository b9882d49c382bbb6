import type { UsbSpeed } from '@gadgetloom/udc';

/** All speeds, slowest first. */
export const SPEEDS: readonly UsbSpeed[] = ['low', 'full', 'high', 'super', 'super-plus'];

/** The slower of two speeds. A host and a device connect at the slower of theirs. */
export function slowerOf(a: UsbSpeed, b: UsbSpeed): UsbSpeed {
  return SPEEDS.indexOf(a) < SPEEDS.indexOf(b) ? a : b;
}

/** True for the speeds of USB 3. */
export function isSuperSpeed(speed: UsbSpeed): boolean {
  return speed === 'super' || speed === 'super-plus';
}
