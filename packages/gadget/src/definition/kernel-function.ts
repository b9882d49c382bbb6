import type { KernelAttributesOf, KernelFunctionType } from '@gadgetloom/udc/kernel-functions';
import type { KernelFunction } from './definition.ts';

/** A function of the kernel whose attributes the compiler knows. */
export interface TypedKernelFunction<T extends KernelFunctionType> extends KernelFunction {
  readonly kernel: T;
}

/**
 * Describes a function that the Linux kernel provides, with its configfs attributes by name; directories are nested
 * objects. The attributes are checked before anything is written. Simulated backends have some of these functions; see
 * `@gadgetloom/kernel-functions`.
 *
 * @example
 * kernelFunction('acm')
 * kernelFunction('mass_storage', { stall: false, luns: [{ file: '/srv/disk.img', removable: true }] })
 */
export function kernelFunction<const T extends KernelFunctionType>(
  kernel: T,
  attributes?: KernelAttributesOf<T>,
): TypedKernelFunction<T> {
  return { kernel, ...(attributes !== undefined && { attributes: attributes as KernelFunction['attributes'] & {} }) };
}
