import type { UsbSpeed } from '../chapter9.ts';
import type { DescriptorSpeed, UsbFunction } from '../usb-function.ts';

/** Descriptors that serve a speed, best first (composite.c, function_descriptors). */
const FALLBACK: Readonly<Record<UsbSpeed, readonly DescriptorSpeed[]>> = {
  low: ['full'],
  full: ['full'],
  high: ['high', 'full'],
  super: ['super', 'high', 'full'],
  'super-plus': ['super', 'high', 'full'],
};

/** The speed whose descriptors a function uses at `speed`; `undefined` if it has none. Unknown speeds count as full. */
export function describedFor(usbFunction: UsbFunction, speed: UsbSpeed | undefined): DescriptorSpeed | undefined {
  return FALLBACK[speed ?? 'full'].find((candidate) => usbFunction.descriptors(candidate) !== undefined);
}

/** The descriptors that a function uses at `speed`. */
export function descriptorsFor(usbFunction: UsbFunction, speed: UsbSpeed | undefined): Uint8Array | undefined {
  const described = describedFor(usbFunction, speed);
  return described && usbFunction.descriptors(described);
}

/** The descriptor speed for a speed of a configuration. */
export function descriptorSpeed(speed: UsbSpeed | undefined): DescriptorSpeed {
  return FALLBACK[speed ?? 'full'][0]!;
}
