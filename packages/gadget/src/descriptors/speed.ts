import type { UsbSpeed } from '@gadgetloom/udc';
import type { GadgetDefinition } from '../definition/definition.ts';

/** The speeds that descriptors are written for; super speed plus uses those of super speed. */
export type DescribedSpeed = 'full' | 'high' | 'super';

const SPEEDS: readonly DescribedSpeed[] = ['full', 'high', 'super'];

/**
 * The speeds that a gadget has descriptors for, slowest first. Full speed is always among them: every device can be
 * plugged into a slow port, and f_fs.c of Linux 6.12 crashes at bind on a function without it
 * (__ffs_func_bind_do_descs).
 */
export function describedSpeeds({ maxSpeed = 'super' }: Pick<GadgetDefinition, 'maxSpeed'>): readonly DescribedSpeed[] {
  return SPEEDS.slice(0, 1 + SPEEDS.indexOf(maxSpeed === 'super-plus' ? 'super' : maxSpeed));
}

/** The speeds that a gadget has descriptors for and that a controller can run at, if its fastest is known. */
export function reachableSpeeds(
  gadget: Pick<GadgetDefinition, 'maxSpeed'>,
  fastest: UsbSpeed | undefined,
): readonly DescribedSpeed[] {
  const speeds = describedSpeeds(gadget);
  if (fastest === 'low' || fastest === 'full') return speeds.slice(0, 1);
  return fastest === 'high' ? speeds.slice(0, 2) : speeds;
}

/** Formats a speed. */
export function speedName(speed: DescribedSpeed): string {
  return `${speed} speed`;
}
