import type { KernelAttributes } from './kernel-attributes.ts';
import { KERNEL_FUNCTIONS, type KernelFunctionType } from './table.ts';

/** Interfaces of each function: the calls of usb_interface_id in its source. */
const INTERFACES: Readonly<Record<KernelFunctionType, number>> = {
  acm: 2,
  ecm: 2,
  eem: 1,
  geth: 1,
  gser: 1,
  hid: 1,
  Loopback: 1,
  mass_storage: 1,
  midi: 2,
  midi2: 2,
  ncm: 2,
  obex: 2,
  phonet: 2,
  printer: 1,
  rndis: 2,
  SourceSink: 1,
  tcm: 1,
  uac1: 1,
  uac1_legacy: 2,
  uac2: 1,
  uvc: 2,
};

/** Sound has one more interface for each direction that has channels; both have them unless given (u_uac1.h, u_uac2.h). */
const CHANNEL_MASKS: Partial<Readonly<Record<KernelFunctionType, readonly string[]>>> = {
  uac1: ['c_chmask', 'p_chmask'],
  uac2: ['c_chmask', 'p_chmask'],
};

/**
 * How many interfaces a function of the kernel takes in each configuration.
 *
 * @returns `undefined` for a type that is not in the table of functions
 */
export function kernelInterfaceCount(type: string, attributes: KernelAttributes = {}): number | undefined {
  if (!Object.hasOwn(KERNEL_FUNCTIONS, type)) return undefined;
  const known = type as KernelFunctionType;
  const directions = (CHANNEL_MASKS[known] ?? []).filter((mask) => Number(attributes[mask] ?? 3) !== 0);
  return INTERFACES[known] + directions.length;
}
